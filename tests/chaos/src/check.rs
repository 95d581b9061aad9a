//! What is left when it is quiet again: rows, files and images, held against what clients were told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use asu_protocol::build::BuildAnswer;
use reqwest::Client;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::client::Answers;
use crate::stage::{LEASE, SWEEP, Stage};
use crate::tally::{Tally, Verdict};

/// How long the servers may take to clear away what belongs to nobody.
const PATIENCE: Duration = Duration::from_mins(2);
/// The time between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// How long one download may take.
const DOWNLOAD: Duration = Duration::from_mins(1);

/// What was found, with a line for each thing that should not be.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) complaints: Vec<String>,
}

impl Found {
    fn complain(&mut self, text: String) {
        self.complaints.push(text);
    }
}

/// Looks at everything, once all trouble is over and all clients have gone.
pub(crate) async fn check(
    stage: &Stage,
    answers: &Answers,
    tally: &Tally,
) -> anyhow::Result<Found> {
    let pool = PgPool::connect(&stage.database).await;
    let pool = pool.context("the database cannot be looked at")?;
    let mut found = Found::default();
    let unanswered = tally.requests.get() - tally.answered.get();
    found.verdict.lost += unanswered;
    rows(&pool, answers, &mut found).await?;
    leftovers(stage, &pool, answers, &mut found).await?;
    images(stage, answers, &mut found).await?;
    Ok(found)
}

/// Each answer is in the database as it was told, was published once, and nothing else is there.
async fn rows(pool: &PgPool, answers: &Answers, found: &mut Found) -> anyhow::Result<()> {
    let jobs: Vec<(String, String, Option<String>)> =
        sqlx::query_as("SELECT request_hash, state, answer FROM jobs")
            .fetch_all(pool)
            .await?;
    let mut known = BTreeSet::new();
    for (hash, state, answer) in jobs {
        let Some(told) = answers.get(&hash) else {
            // Whoever asked for it is counted as lost.
            if state == "done" || state == "failed" {
                found.verdict.orphans += 1;
            }
            found.complain(format!("nobody was answered with the job {hash} ({state})"));
            continue;
        };
        let answer: Option<BuildAnswer> = answer.and_then(|text| serde_json::from_str(&text).ok());
        let kept = answer.map(|answer| (answer.bin_dir, answer.images));
        if state != "done" || kept != Some((told.bin_dir.clone(), told.images.clone())) {
            found.verdict.duplicated += 1;
            found.complain(format!(
                "{hash} is {state} and its answer is another one by now"
            ));
        }
        known.insert(hash);
    }
    for hash in answers.keys().filter(|hash| !known.contains(*hash)) {
        found.verdict.lost += 1;
        found.complain(format!("the database does not know {hash}"));
    }
    let twice = "SELECT request_hash, count(*) FROM builds WHERE state = 'done'
        GROUP BY request_hash HAVING count(*) > 1";
    let twice: Vec<(String, i64)> = sqlx::query_as(twice).fetch_all(pool).await?;
    for (hash, times) in twice {
        found.verdict.duplicated += 1;
        found.complain(format!("{hash} was published {times} times"));
    }
    Ok(())
}

/// Waits until servers and workers have cleared away what is of no use, and complains of the rest.
async fn leftovers(
    stage: &Stage,
    pool: &PgPool,
    answers: &Answers,
    found: &mut Found,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    // What a paused process had on its way may still arrive; then there are two sweeps at least.
    let least = LEASE + SWEEP * 2;
    loop {
        let strays = strays(stage, answers).await;
        let askers: i64 = sqlx::query_scalar("SELECT count(*) FROM askers")
            .fetch_one(pool)
            .await?;
        let waited = begun.elapsed();
        if waited >= least && strays.is_empty() && askers == 0 {
            return Ok(());
        }
        if waited >= PATIENCE {
            let rows = u32::try_from(askers).unwrap_or(u32::MAX);
            let files = u32::try_from(strays.len()).unwrap_or(u32::MAX);
            found.verdict.orphans += rows + files;
            found.complain(format!("{rows} rows tell of askers who wait for nothing"));
            let stray = |path: PathBuf| format!("{} belongs to nobody", path.display());
            found.complaints.extend(strays.into_iter().map(stray));
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn strays(stage: &Stage, answers: &Answers) -> Vec<PathBuf> {
    let told: BTreeSet<&str> = answers
        .values()
        .map(|answer| answer.bin_dir.as_str())
        .collect();
    let counts = |folder: &PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| told.contains(name))
    };
    // A bucket has no folders: those that are empty are the S3 server's own affair.
    let is_there = |folder: &PathBuf| !counts(folder) && !listed(folder).is_empty();
    let mut strays: Vec<PathBuf> = listed(&stage.published().await);
    strays.retain(is_there);
    for server in &stage.servers {
        strays.extend(listed(&server.data.join("unfinished")));
    }
    for worker in &stage.workers {
        strays.extend(listed(&worker.data.join("unfinished")));
        strays.extend(listed(&worker.data.join("builder/scratch")));
    }
    strays
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Downloads every image, by one server or the other.
async fn images(stage: &Stage, answers: &Answers, found: &mut Found) -> anyhow::Result<()> {
    let http = Client::builder().timeout(DOWNLOAD).build()?;
    let servers = stage
        .servers
        .iter()
        .map(|server| server.front.url())
        .cycle();
    for (server, (hash, answer)) in servers.zip(answers) {
        if answer.images.is_empty() {
            found.verdict.corrupt += 1;
            found.complain(format!("{hash} is done and has no images"));
        }
        for image in &answer.images {
            let url = format!("{server}/store/{}/{}", answer.bin_dir, image.name);
            let got = async {
                http.get(&url)
                    .send()
                    .await?
                    .error_for_status()?
                    .bytes()
                    .await
            };
            let wrong = match got.await {
                Ok(bytes) if hex::encode(Sha256::digest(&bytes)) == image.sha256 => continue,
                Ok(bytes) => format!("{url} has {} bytes, and another sha256", bytes.len()),
                Err(error) => format!("{url} cannot be had: {error}"),
            };
            found.verdict.corrupt += 1;
            found.complain(wrong);
        }
    }
    Ok(())
}

/// The lines of logs that tell of a panic.
pub(crate) fn panics(folder: &Path) -> Vec<String> {
    let logs = listed(folder).into_iter();
    let logs = logs.filter(|path| path.extension().is_some_and(|kind| kind == "log"));
    let mut panics = Vec::new();
    for log in logs {
        let text = fs::read(&log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter(|line| line.contains("panicked"));
        panics.extend(lines.map(|line| format!("{}: {line}", log.display())));
    }
    panics
}
