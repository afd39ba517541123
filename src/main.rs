//! The command `coopgraph`.

/// Measured against the system's allocator on answers of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    coopgraph::cli::run()
}
