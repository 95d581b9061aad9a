//! asu-server: the command line around [`asu_server::Site`].

mod args;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use asu_builder::{Builder, BuilderConfig};
use asu_catalog::{Catalog, CatalogConfig};
use asu_http::Limits;
use asu_server::{DataDir, Pace, Settings, Site};
use asu_store::Policy;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use args::{Args, Command, Serve};

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let Command::Serve(serve) = Args::parse().command;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let ended = Runtime::new().map_err(Error::from).and_then(|runtime| {
        let ended = runtime.block_on(run(serve));
        // Unpacking an ImageBuilder cannot be interrupted; what it leaves is removed at the next start.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("asu-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<(), Error> {
    // Signals are caught before anything is begun that would have to be ended in order.
    let (terminate, interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let trust = serve.trust()?;
    let data = DataDir::open(&serve.data)?;
    let catalog = Catalog::open(CatalogConfig {
        upstream: serve.upstream.clone(),
        cache_dir: data.catalog(),
    })
    .await?;
    let builder = Builder::new(BuilderConfig {
        upstream: serve.upstream.clone(),
        dir: data.builder(),
        trust,
        time_limit: serve.job_timeout(),
    })?;
    let site = Site::open(data, catalog, builder, settings(&serve)).await?;
    let listener = TcpListener::bind(&serve.listen).await.map_err(|e| {
        format!(
            "cannot listen on {}: {e}; choose another --listen",
            serve.listen
        )
    })?;
    println!("{{\"listening\":\"http://{}\"}}", listener.local_addr()?);
    site.serve(listener, stop(terminate, interrupt)).await?;
    Ok(())
}

fn settings(serve: &Serve) -> Settings {
    Settings {
        limits: Limits {
            max_pending: serve.max_pending,
            allow_defaults: !serve.forbid_defaults,
            contact: serve.contact.clone(),
            ..Limits::default()
        },
        policy: Policy::default(),
        pace: Pace::for_builds_of(serve.job_timeout()),
        clock: Arc::new(jiff::Timestamp::now),
    }
}

async fn stop(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
}
