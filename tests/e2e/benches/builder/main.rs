//! What a build by the server costs beside the ImageBuilder's own work: `cargo xtask bench builder`.
//!
//! The same image is made by a job of the server, from the question to the answer, and by `make image`
//! in an unpacked ImageBuilder, with the same arguments and feeds; both have done it before, and the
//! latter keeps the packages it has downloaded. They take turns, so that both meet the same machine, and
//! the fastest of each counts: what else a machine does only ever adds.

mod bare;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use asu_protocol::build::BuildAnswer;
use asu_test_e2e::stage::{NEW_RELEASE, request};
use asu_test_e2e::{Parts, Stage};
use serde_json::json;
use tokio::process::Command;

use bare::Bare;

/// The file that says how much each may be.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench-budget.json");
/// What is held against it.
const HELD: &str = "builder over make image";
/// Builds of each kind that count.
const RUNS: usize = 9;
/// What the image has beside the defaults.
const PACKAGES: [&str; 4] = ["luci", "htop", "tcpdump-mini", "wireguard-tools"];
/// The time between two looks at a job.
const POLL: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let json = std::env::args().any(|argument| argument == "--json");
    let programs = programs()?;
    let stage = Stage::start(Parts::beside(&programs.join("asu-server"))?).await?;
    let folder = tempfile::tempdir()?;
    let bare = Bare::unpack(&stage, &folder.path().join("first"))?;
    let (mut jobs, mut makes) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let (job, make) = (job(&stage, run).await?, bare.make(&script(run)).await?);
        eprintln!("run {run}: job {job:.2} s, make {make:.2} s");
        // The first ones download.
        if run > 0 {
            jobs.push(job);
            makes.push(make);
        }
    }
    let second = Bare::unpack(&stage, &folder.path().join("second"))?;
    second.make(&script(0)).await?;
    let (alone, together) = commands(&stage, &programs, folder.path().join("data")).await?;
    let text = script(0);
    let pair = tokio::try_join!(bare.make(&text), second.make(&text))?;
    let (job, make) = (fastest(&jobs), fastest(&makes));
    let figures = [
        ("job of the server", job),
        ("make image", make),
        ("asu-server build", alone),
        ("two asu-server build at once", together),
        ("two make image at once", pair.0.max(pair.1)),
    ];
    stage.stop().await?;
    if !print(json, &figures, job - make, make)? {
        std::process::exit(1);
    }
    Ok(())
}

/// The folder of the programs: where this one was built, or that which is named.
fn programs() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("ASU_BENCH_PROGRAMS") {
        return Ok(named.into());
    }
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).context("not below target")?;
    Ok(folder.to_owned())
}

/// A first-boot script of its own for each run, or the server would know the answer.
fn script(run: usize) -> String {
    format!("# run {run}\n")
}

/// Seconds from the question to the answer.
async fn job(stage: &Stage, run: usize) -> anyhow::Result<f64> {
    let server = stage.server()?;
    let mut wish = serde_json::to_value(request(NEW_RELEASE, &PACKAGES)?)?;
    wish["defaults"] = json!(script(run));
    let begun = Instant::now();
    let mut answer: BuildAnswer = server.post(&wish).await?.json().await?;
    while answer.status == 202 {
        tokio::time::sleep(POLL).await;
        answer = server.poll(&answer.request_hash).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(answer.status == 200, "{}\n{}", answer.detail, answer.stderr);
    Ok(seconds)
}

/// Seconds of `asu-server build`: of one alone, and of two at the same time with one ImageBuilder.
async fn commands(
    stage: &Stage,
    programs: &std::path::Path,
    data: PathBuf,
) -> anyhow::Result<(f64, f64)> {
    let build = |number: usize| {
        let mut command = Command::new(programs.join("asu-server"));
        let [key, out] = [
            stage.mirror_folder().join("key.pub"),
            data.join(format!("out{number}")),
        ];
        let options: [(&str, OsString); 8] = [
            ("--upstream", stage.mirror_url().into()),
            ("--upstream-key", key.into()),
            ("--data", data.clone().into()),
            ("--version", NEW_RELEASE.into()),
            ("--target", "ath79/generic".into()),
            ("--profile", "tplink_archer-c7-v5".into()),
            ("--packages", PACKAGES.join(" ").into()),
            ("--out", out.into()),
        ];
        command.arg("build");
        for (option, value) in options {
            command.arg(option).arg(value);
        }
        async move {
            let begun = Instant::now();
            let ran = command.output().await?;
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            ensure!(ran.status.success(), "asu-server build failed: {said}");
            Ok(begun.elapsed().as_secs_f64())
        }
    };
    std::fs::create_dir_all(&data)?;
    build(0).await?;
    let alone = build(1).await?;
    let (first, second) = tokio::try_join!(build(2), build(3))?;
    Ok((alone, first.max(second)))
}

fn fastest(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Prints everything; whether all is within its budget.
fn print(json: bool, figures: &[(&str, f64)], over: f64, make: f64) -> anyhow::Result<bool> {
    let budgets: BTreeMap<String, f64> = serde_json::from_slice(&std::fs::read(BUDGET)?)?;
    let budget = budgets.get(HELD);
    let budget = *budget.with_context(|| format!("bench-budget.json lacks {HELD:?}"))?;
    let (ok, percent) = (over <= budget, over / make * 100.0);
    if json {
        let rows = figures.iter();
        let rows = rows.map(|(name, seconds)| json!({"name": name, "seconds": seconds}));
        let held = json!({"name": HELD, "value": over, "percent": percent, "unit": "s",
            "budget": budget, "ok": ok});
        println!(
            "{}",
            json!({"rows": rows.collect::<Vec<_>>(), "held": [held]})
        );
        return Ok(ok);
    }
    for (name, seconds) in figures {
        println!("{name:<34} {seconds:>9.3} s");
    }
    let verdict = if ok { "ok" } else { "OVER" };
    println!("{HELD:<34} {over:>9.3} of {budget:>7} s  {verdict} ({percent:.1} %)");
    Ok(ok)
}
