//! `cargo xtask chaos`: servers, workers, database, bucket and network are taken down again and again
//! while clients ask for images, and in the end each must have its own, once, and as it was told.
//!
//! Everything is a process of its own on the loopback, and is touched from outside only: by HTTP,
//! signals, and proxies between them. What goes wrong and when is decided by a seed; how far the
//! programs are by then is not.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "where it cannot do as it should, the test has failed"
)]

mod check;
mod client;
mod network;
mod process;
mod stage;
mod tally;
mod trouble;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use tokio::sync::oneshot;

use check::Found;
use client::Enough;
use stage::Stage;
use tally::{Summary, Tally};
use trouble::say;

/// The time between two lines that say how far it is.
const NEWS: Duration = Duration::from_secs(15);

/// Make trouble for servers and workers while clients ask for images; fail if any comes to harm.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask chaos")]
struct Args {
    /// How many different images are asked for, at least.
    #[arg(long, default_value_t = 500)]
    requests: u32,
    /// For how long at least; more images are asked for until then.
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// What decides which trouble comes when; another one each time if it is not said.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    // The S3 server is this program, started again.
    asu_test_s3::serve();
    let args = Args::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match runtime.block_on(run(&args)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<bool> {
    let program = std::env::current_exe()?;
    let bin = program.parent().context("this program is in no folder")?;
    let work = bin.parent().unwrap_or(bin).join("asu");
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    say(&format!("seed {seed}"));
    let stage = Arc::new(Stage::start(bin, &work).await?);
    say(&format!("all of it is in {}", stage.folder().display()));
    let (begun, tally) = (Instant::now(), Arc::new(Tally::default()));
    let mut found = play(args, seed, &stage, &tally, begun).await?;
    let quits = quits(&stage);
    let stage = Arc::into_inner(stage).context("somebody still makes trouble")?;
    let (complaints, folder) = stage.stop().await;
    let faults = complaints.into_iter().chain(check::panics(&folder));
    let before = found.complaints.len();
    found.complaints.extend(faults);
    found.verdict.faults += u32::try_from(found.complaints.len() - before)?;
    say(&quits);
    Ok(conclude(&found, &tally, &folder, begun.elapsed().as_secs()))
}

/// Clients ask, trouble is made, and when both are over everything is looked at.
async fn play(
    args: &Args,
    seed: u64,
    stage: &Arc<Stage>,
    tally: &Arc<Tally>,
    begun: Instant,
) -> anyhow::Result<Found> {
    let (say_enough, enough) = oneshot::channel::<()>();
    let trouble = trouble::make(Arc::clone(stage), Arc::clone(tally), seed, async {
        let _ = enough.await;
    });
    let trouble = tokio::spawn(trouble);
    let news = tokio::spawn(tell_news(Arc::clone(tally), begun));
    let enough = Enough {
        requests: args.requests,
        until: begun + Duration::from_secs(args.minutes * 60),
    };
    let answers = client::ask(stage, Arc::clone(tally), enough).await?;
    let _ = say_enough.send(());
    trouble.await?;
    news.abort();
    say(&format!(
        "{} of {} requests were answered in {} s; now everything is looked at",
        tally.answered.get(),
        tally.requests.get(),
        begun.elapsed().as_secs()
    ));
    check::check(stage, &answers, tally).await
}

async fn tell_news(tally: Arc<Tally>, begun: Instant) {
    loop {
        tokio::time::sleep(NEWS).await;
        let (answered, requests) = (tally.answered.get(), tally.requests.get());
        let seconds = begun.elapsed().as_secs();
        say(&format!(
            "-- {seconds} s: {answered} of {requests} requests are answered"
        ));
    }
}

/// How often each program ended by itself, as a server does that finds no database when it starts.
fn quits(stage: &Stage) -> String {
    let workers = stage.workers.iter().map(|worker| &worker.program);
    let programs = stage
        .servers
        .iter()
        .map(|server| &server.program)
        .chain(workers);
    let told = programs.map(|program| format!("{} {}", program.name(), program.quits()));
    format!(
        "ended by themselves: {}",
        told.collect::<Vec<_>>().join(", ")
    )
}

/// Prints the summary; whether all is well. What there is to be looked into stays.
fn conclude(found: &Found, tally: &Tally, folder: &Path, seconds: u64) -> bool {
    let summary = Summary {
        tally,
        verdict: &found.verdict,
        seconds,
    };
    for complaint in &found.complaints {
        say(complaint);
    }
    println!("{summary}");
    if found.verdict.is_good() {
        remove(folder);
        return true;
    }
    say(&format!(
        "logs and data of all of them are in {}",
        folder.display()
    ));
    false
}

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        say(&format!("{} stays: {error}", folder.display()));
    }
}
