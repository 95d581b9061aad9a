//! asu-server: the command line around [`asu_server::Site`].

mod args;
mod commands;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use asu_http::Limits;
use asu_server::{Connections, DataDir, Desk, Settings, Site};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use args::{Args, Command, Serve};
use commands::Error;
use commands::confinement::HELPER;

/// glibc's keeps twice as much of what ten thousand requests freed.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Threads that wait for the disk; each has a stack and memory at hand.
const DISK_THREADS: usize = 32;

fn main() -> ExitCode {
    // Before anything else: threads would keep the process from changing its namespaces.
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some((HELPER, rest)) = arguments
        .split_first()
        .and_then(|(first, rest)| Some((first.to_str()?, rest)))
    {
        return asu_builder::enter(rest);
    }
    let command = Args::parse().command;
    let quiet = if matches!(command, Command::Serve(_) | Command::Worker(_)) {
        // PostgreSQL's notices at each start are nobody's concern.
        "info,sqlx::postgres::notice=warn"
    } else {
        "warn"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let ended = match command {
        Command::VersionCompare(args) => return commands::version_compare::run(&args),
        Command::Index(args) => commands::index::run(&args),
        Command::Openapi => commands::openapi::run(),
        Command::Resolve(args) => commands::resolve::run(&args),
        Command::Keygen(args) => commands::keygen::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Rebuild(args) => {
            return commands::rebuild::end(wait_for(commands::rebuild::run(*args)));
        }
        Command::Build(args) => wait_for(commands::build::run(*args)),
        Command::Plan(args) => wait_for(commands::plan::run(*args)),
        Command::Catalog(args) => wait_for(commands::catalog::run(args)),
        Command::Token(args) => wait_for(commands::token::run(args)),
        Command::Worker(args) => wait_for(commands::worker::run(args)),
        Command::Serve(serve) => wait_for(run(*serve)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("asu-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wait_for<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(DISK_THREADS)
        .build()?;
    let ended = runtime.block_on(work);
    // Unpacking an ImageBuilder cannot be interrupted; what it leaves is removed at the next start.
    runtime.shutdown_background();
    ended
}

async fn run(serve: Serve) -> Result<(), Error> {
    // Signals are caught before anything is begun that would have to be ended in order.
    let (terminate, interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let building = &serve.building;
    let trust = building.signers.trust(&building.upstream.url)?;
    let settings = settings(&serve)?;
    let data = DataDir::open(&serve.data)?;
    let keys = building.signers.keys()?;
    let catalog = building.upstream.catalog(&data.catalog(), keys).await?;
    let builder = building.builder(data.builder(), trust, None)?;
    let site = Site::open(data, Desk::new(catalog), builder.clone(), settings).await?;
    let listener = TcpListener::bind(&serve.listen).await.map_err(|e| {
        format!(
            "cannot listen on {}: {e}; choose another --listen",
            serve.listen
        )
    })?;
    // Its limits may be lower than those of the last run; looking takes a while.
    let depot = builder.clone();
    std::thread::spawn(move || depot.tidy());
    tokio::spawn(commands::warm::warm(builder, serve.warm.clone()));
    println!("{{\"listening\":\"http://{}\"}}", listener.local_addr()?);
    site.serve(listener, stop(terminate, interrupt)).await?;
    Ok(())
}

fn settings(serve: &Serve) -> Result<Settings, Error> {
    Ok(Settings {
        limits: Limits {
            max_pending: serve.max_pending,
            pending_per_address: serve.pending_per_address,
            pending_per_device: serve.pending_per_device,
            rate: serve.rate,
            allow_defaults: !serve.forbid_defaults,
            repositories: serve.repository_allow.clone(),
            contact: serve.contact.clone(),
            ..Limits::default()
        },
        policy: serve.keep.policy(),
        database: serve.jobs.database()?,
        images: serve.images.settings()?,
        pace: serve.timing.pace(serve.building.time_limit()),
        worker: !serve.no_worker,
        terms: serve.building.terms()?,
        connections: Connections {
            most: serve.connections.get(),
            drain: serve.timing.drain,
            ..Connections::default()
        },
        clock: Arc::new(jiff::Timestamp::now),
        signer: serve.signer()?,
    })
}

async fn stop(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
}
