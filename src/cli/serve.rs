//! The command `serve`: from an empty directory to a server, and to its end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use clap::{Args, ValueEnum};
use sea_orm::EntityTrait;
use tokio::net::{TcpListener, TcpSocket};

use super::{Address, Db, Failed, StopSignals, import, open_files, say};
use crate::{
    clock::{Clock, IdSource},
    config::Config,
    db::{Access, Database},
    domain,
    engine::Engine,
    http::{self, Shutdown},
    import_export::{self, Bundled},
    model::record,
    observe::{Observer, Traces},
};

/// The maximum number of connections to the separate address for metrics.
pub(super) const METRICS_CONNECTIONS: usize = 64;

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    db: Db,
    /// The bundled data that are loaded into an empty database.
    #[arg(long, env = "COOPGRAPH_SAMPLE_DATA", value_enum, default_value_t = SampleData::All)]
    sample_data: SampleData,
    #[command(flatten)]
    config: Config,
}

/// Which of the bundled data are loaded.
#[derive(Clone, Copy, ValueEnum)]
enum SampleData {
    /// Cooperation of Finland and China, 1948–2026.
    FinlandChina,
    /// The sister cities of the world according to Wikidata.
    World,
    /// Both, as one data set.
    All,
    /// Nothing.
    None,
}

impl SampleData {
    const fn bundled(self) -> Option<Bundled> {
        match self {
            Self::FinlandChina => Some(Bundled::FinlandChina),
            Self::World => Some(Bundled::World),
            Self::All => Some(Bundled::All),
            Self::None => None,
        }
    }
}

/// Opens the database; creates it, its tables and their data if it is new.
async fn prepare(args: &Serve) -> Result<Database, Failed> {
    let database = Database::connect(&args.db.database_url, Access::Create, None).await?;
    if database.is_new().await? {
        database.migrate().await?;
    }
    database.check().await?;
    database.check_writable().await?;
    database.check_connections().await?;
    // If a migration was interrupted.
    import_export::complete_search_index(&database, domain::model()).await?;
    if let Some(bundled) = args.sample_data.bundled()
        && is_empty(&database).await?
    {
        let imported = import::bundled(&database, bundled).await?;
        // Another server may have loaded it meanwhile.
        if imported.added > 0 {
            say(&format_args!("loaded the bundled data: {} records", imported.added));
        }
    }
    Ok(database)
}

pub(super) async fn run(mut args: Serve) -> Result<(), Failed> {
    // First of all, so that signals are handled during the setup, too: it may wait for another process.
    let mut signals = StopSignals::new()?;
    let database = tokio::select! {
        database = prepare(&args) => database?,
        () = signals.next() => {
            say(&"stopped before the database was ready");
            return Ok(());
        }
    };
    open_files::fit_connections(&mut args.config, &database);
    let endpoint = args.config.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty());
    let traces = endpoint.map(Traces::export_to).transpose()?;
    let observer = Observer::new(IdSource::system(), traces.clone());
    // Reads the trusted documents: nobody can connect to a server that does not start.
    let engine = Arc::new(Engine::new(database, args.config, Clock::system())?.observed(observer));
    let config = engine.config();
    let (listener, at) = listen(args.address.listen)?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(listen(address)?),
        None => None,
    };
    say(&format_args!("GraphQL     http://{at}/graphql"));
    for (name, path) in http::page_paths(config.profile) {
        say(&format_args!("{name:<11} http://{at}{path}"));
    }
    if let Some(at) = metrics_listener.as_ref().map_or(config.has_metrics().then_some(at), |(_, at)| Some(*at)) {
        say(&format_args!("metrics     http://{at}/metrics"));
    }
    say(&format_args!("health      http://{at}/healthz, http://{at}/readyz"));
    let shutdown = Shutdown::default();
    let metrics_server = metrics_listener.map(|(listener, _)| {
        let (engine, until) = (engine.clone(), shutdown.stopped_owned());
        tokio::spawn(async move {
            let config = Config { max_connections: METRICS_CONNECTIONS, ..engine.config().clone() };
            let router = http::metrics_router(engine);
            http::serve(listener, router, &config, Shutdown::default(), until).await
        })
    });
    let router = http::router(engine.clone(), shutdown.clone());
    let drained = drain(signals, shutdown.clone(), engine.config().shutdown_delay());
    http::serve(listener, router, engine.config(), shutdown, drained).await?;
    if let Some(metrics_server) = metrics_server {
        metrics_server.await??;
    }
    if let Some(traces) = traces {
        traces.shutdown().await;
    }
    say(&"stopped");
    Ok(())
}

/// How many connections may wait to be accepted, such as those of clients that all come back after a restart. The kernel has a limit
/// of its own, too.
const BACKLOG: u32 = 4_096;

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failed> {
    let cannot = |cause| format!("cannot listen on {address}: {cause}");
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let bound = socket.and_then(|socket| {
        // As servers do that are started again at once.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    let listener = bound.map_err(cannot)?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}

async fn is_empty(database: &Database) -> Result<bool, Failed> {
    Ok(record::Entity::find().one(database.connection()).await?.is_none())
}

/// Waits for a signal, and then drains the server for a time. Another signal ends that.
async fn drain(mut signals: StopSignals, shutdown: Shutdown, delay: Duration) {
    signals.next().await;
    say(&"stopping: waiting for running requests");
    shutdown.drain();
    let _ = tokio::time::timeout(delay, signals.next()).await;
}
