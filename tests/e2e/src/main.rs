//! `asu-demo`: the whole product on this machine, to click through by hand or by itself.

use std::time::Instant;

use anyhow::Context;
use asu_protocol::build::BuildAnswer;
use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::{Router, flashes};
use asu_test_e2e::stage::{OLD_RELEASE, PASSWORD, Parts, Stage};
use clap::Parser;
use serde::Serialize;

/// Starts mirror, server and a virtual router, and runs until Ctrl-C.
#[derive(Parser)]
struct Args {
    /// Perform the whole upgrade in a headless browser, print one line of JSON and end.
    #[arg(long)]
    once: bool,
}

/// What `--once` prints.
#[derive(Serialize)]
struct Outcome {
    from: String,
    to: String,
    packages: usize,
    image_sha256: String,
    seconds: u64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The demo failed: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<()> {
    let parts = Parts::beside(&std::env::current_exe()?)?;
    eprintln!("Writing the mirror and starting the server …");
    let mut stage = Stage::start(parts).await?;
    let outcome = tokio::select! {
        outcome = play(&mut stage, args.once) => outcome,
        stopped = interrupted() => stopped.map(|()| None),
    };
    stage.stop().await?;
    match outcome? {
        Some(outcome) => println!("{}", serde_json::to_string(&outcome)?),
        None if args.once => anyhow::bail!("it was stopped before the upgrade was finished"),
        None => {}
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    eprintln!("\nStopping …");
    Ok(())
}

async fn play(stage: &mut Stage, once: bool) -> anyhow::Result<Option<Outcome>> {
    eprintln!("Building the router's first image, OpenWrt {OLD_RELEASE} …");
    let first = stage.start_router().await?;
    if once {
        return upgrade(stage, &first).await.map(Some);
    }
    invite(stage)?;
    std::future::pending().await
}

fn invite(stage: &Stage) -> anyhow::Result<()> {
    println!("\nA TP-Link Archer C7 v5 with OpenWrt {OLD_RELEASE} is running.\n");
    println!("  Open      {}/attendedsysupgrade/", stage.router_url()?);
    println!("  Log in    root / {PASSWORD}");
    println!("  Server    {}/", stage.server_url()?);
    println!("  Mirror    {}/.versions.json", stage.mirror_url());
    println!("\nCtrl-C ends everything.");
    Ok(())
}

async fn upgrade(stage: &Stage, first: &BuildAnswer) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    eprintln!("Upgrading it in a headless browser …");
    let browser = Browser::start().await?;
    let mut page = Page::open(&browser, stage.router_url()?, None).await?;
    page.login(PASSWORD).await?;
    page.search().await?;
    page.prepare().await?;
    page.flash(true).await?;
    browser.stop().await?;
    let router = Router::login(stage.router_url()?, PASSWORD).await?;
    let flash = flashes(&stage.journal())?
        .pop()
        .context("the router's journal tells of no flash")?;
    Ok(Outcome {
        from: first.version_number.clone(),
        to: router.info().await?.version,
        packages: router.packages(true).await?.len(),
        image_sha256: flash.sha256,
        seconds: started.elapsed().as_secs(),
    })
}
