//! Builds the playground from `web`, if npm is there and nobody said not to; the server is whole without it, too.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the playground is made of, in `web`.
const SOURCES: [&str; 7] =
    [".npmrc", "examples", "index.html", "package-lock.json", "package.json", "src", "vite.config.js"];
/// Whoever sets this to 1 wants no playground.
const SKIP: &str = "COOPGRAPH_SKIP_PLAYGROUND";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={SKIP}");
    // The binary contains these files.
    println!("cargo::rerun-if-changed=data");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // The binary takes in what lies here, be it nothing.
    let bundle = out.join("playground");
    remove(&bundle)?;
    fs::create_dir(&bundle)?;
    if env::var_os(SKIP).is_some_and(|skip| skip == "1") {
        return Ok(());
    }
    let workshop = out.join("web");
    let built = build(&workshop, &bundle);
    remove(&workshop)?;
    if let Err(cause) = built {
        println!("cargo::warning=the playground is left out: {cause}; {SKIP}=1 leaves it out in silence");
        // What is not there counts as changed: the next build tries again.
        println!("cargo::rerun-if-changed={}", workshop.display());
    }
    Ok(())
}

/// Builds in a copy: nothing is written into the source tree.
fn build(workshop: &Path, bundle: &Path) -> Result<(), Box<dyn Error>> {
    remove(workshop)?;
    fs::create_dir(workshop)?;
    let web = Path::new("web");
    for source in SOURCES {
        copy(&web.join(source), &workshop.join(source)).map_err(|cause| format!("web/{source}: {cause}"))?;
    }
    // Some packages declare newer versions of Node.js than they need, of which npm warns.
    npm(workshop, &["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"])?;
    npm(workshop, &["run", "build"])?;
    remove(bundle)?;
    fs::rename(workshop.join("dist"), bundle)?;
    Ok(())
}

fn npm(workshop: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
    let run = Command::new("npm").args(args).current_dir(workshop).stdin(Stdio::null()).output();
    let output = run.map_err(|cause| format!("npm cannot be run ({cause}): Node.js 18.20 or newer is needed"))?;
    if output.status.success() {
        return Ok(());
    }
    // A warning of cargo's is one line.
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    let briefly: String = said.chars().take(500).collect();
    Err(format!("`npm {}` failed: {briefly}", args.join(" ")).into())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn remove(directory: &Path) -> std::io::Result<()> {
    if directory.exists() { fs::remove_dir_all(directory) } else { Ok(()) }
}
