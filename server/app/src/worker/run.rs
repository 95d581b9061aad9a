//! One build, with the heartbeats around it, and what is kept of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use asu_artifacts::{FolderName, StoredFile};
use asu_builder::{BUILD_LOG, BuildError, BuildOutput, Progress};
use asu_planner::Foreseen;
use asu_protocol::build::BuildAnswer;
use asu_protocol::worker::News;
use asu_store::Claim;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::vouch::vouch;
use super::{Worker, remove};
use crate::foresight::Foresight;
use crate::jobs::{Dropped, Ended, Job, Jobs, stopped};
use crate::office::Office;
use crate::outcome::infrastructure;
use crate::{Foresee, build, outcome};

/// Most news that is gathered before it is told; a build that says more waits.
const MOST_NEWS: usize = 64;

impl<J: Jobs> Worker<J> {
    /// Builds in a task of its own, so that neither a panic nor a busy builder stops the
    /// heartbeats. When this returns, that task is gone.
    pub(super) async fn follow(
        &self,
        job: &Job,
        out: &Path,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, Dropped> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut build = JoinSet::new();
        build.spawn(make(self.jobs.clone(), job.clone(), out.to_owned(), tell));
        let followed = tokio::select! {
            followed = self.until_end(job, &mut build, &mut told) => followed,
            () = stopped(stop) => Err(Dropped::Stopped),
        };
        build.shutdown().await;
        followed
    }

    async fn until_end(
        &self,
        job: &Job,
        build: &mut JoinSet<Ended>,
        told: &mut mpsc::UnboundedReceiver<News>,
    ) -> Result<Ended, Dropped> {
        let (mut news, mut tell_at) = (Vec::new(), Instant::now());
        let mut heartbeat = tokio::time::interval(job.heartbeat);
        let limit = tokio::time::sleep(job.limit);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                // What is told before the end is reported before the end.
                biased;
                Some(one) = told.recv(), if news.len() < MOST_NEWS => news.push(one),
                () = tokio::time::sleep_until(tell_at), if !news.is_empty() => {
                    self.jobs.tell(job, &mut news).await?;
                    tell_at = Instant::now() + self.jobs.gather();
                }
                Some(ended) = build.join_next() => {
                    if !news.is_empty() {
                        self.jobs.tell(job, &mut news).await?;
                    }
                    return Ok(ended.unwrap_or_else(|panic| panicked(&panic)));
                }
                _ = heartbeat.tick() => self.jobs.beat(job).await?,
                // Perhaps this one: then its lease is lost.
                () = self.jobs.cancelled() => self.jobs.beat(job).await?,
                () = &mut limit => return Ok(Err(out_of_time(job.limit))),
            }
        }
    }
}

impl<O: Foresee> Office<O> {
    /// Moves the images to where they are served from, and describes them as they are there.
    pub(crate) async fn keep(
        &self,
        claim: &Claim,
        mut output: BuildOutput,
        out: &Path,
    ) -> Result<BuildAnswer, BuildError> {
        let hash = claim.lease.request_hash().to_owned();
        let artifacts = self.api.artifacts.clone();
        let request = claim.request.clone();
        let (signer, out) = (self.api.signer.clone(), out.to_owned());
        let put = tokio::task::spawn_blocking(move || {
            let sbom = vouch(signer.as_deref(), &request, &mut output, &out)
                .map_err(|e| format!("signatures and the list of packages: {e}"))?;
            let folder = FolderName::new(&hash).map_err(|e| e.to_string())?;
            let stored = artifacts.put(&folder, &out).map_err(|e| e.to_string())?;
            Ok((stored, hash, sbom, output))
        });
        let put = put.await.unwrap_or_else(|panic| Err(panic.to_string()));
        let now = (self.api.clock)();
        put.and_then(|(stored, hash, sbom, output)| {
            let answer = outcome::done(output, &stored, &hash, now)?;
            Ok(BuildAnswer {
                sbom,
                log: log_among(&stored),
                ..answer
            })
        })
        .map_err(|reason| {
            tracing::error!(reason, "images could not be kept");
            infrastructure("storage", "the server could not store the images")
        })
    }

    /// Keeps the log of a build that failed where its images would be; tells the folder and its name.
    pub(crate) async fn keep_log(&self, claim: &Claim, out: &Path) -> (String, String) {
        let hash = claim.lease.request_hash().to_owned();
        let (artifacts, out) = (self.api.artifacts.clone(), out.to_owned());
        let put = tokio::task::spawn_blocking(move || {
            if !remove_all_but_log(&out).map_err(|e| e.to_string())? {
                return Ok((String::new(), String::new()));
            }
            let folder = FolderName::new(&hash).map_err(|e| e.to_string())?;
            let stored = artifacts.put(&folder, &out).map_err(|e| e.to_string())?;
            Ok::<_, String>((hash, log_among(&stored)))
        });
        let put = put.await.unwrap_or_else(|panic| Err(panic.to_string()));
        put.unwrap_or_else(|reason| {
            tracing::warn!(reason, "the log of a failed build could not be kept");
            Default::default()
        })
    }
}

fn log_among(stored: &[StoredFile]) -> String {
    let log = stored.iter().find(|file| file.name == BUILD_LOG);
    log.map(|file| file.name.clone()).unwrap_or_default()
}

/// Leaves nothing of a failed build that could be taken for an image; whether there is a log.
fn remove_all_but_log(folder: &Path) -> std::io::Result<bool> {
    if !folder.join(BUILD_LOG).exists() {
        return Ok(false);
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != BUILD_LOG {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(true)
}

async fn make<J: Jobs>(
    jobs: J,
    job: Job,
    out: PathBuf,
    tell: mpsc::UnboundedSender<News>,
) -> Ended {
    // What a crash left would become part of this build.
    remove(&out).map_err(|error| {
        tracing::error!(%error, "an earlier build's folder could not be removed");
        infrastructure("storage", "the server could not prepare the build")
    })?;
    let progress = move |progress: Progress<'_>| {
        let told = match progress {
            Progress::Stage(stage) => News::Stage(stage.to_owned()),
            Progress::Note(line) => News::Note(line.to_owned()),
            Progress::Said(lines) => News::Said(lines.to_owned()),
        };
        // Nobody listens only when the build is being dropped.
        let _ = tell.send(told);
    };
    let wish = (&job.claim.request, &job.profiles);
    let foresight = ForJob {
        jobs: &jobs,
        job: &job,
    };
    build::make((&jobs.builder(), &foresight), wish, &progress, &out).await
}

/// What is foreseen of a job.
struct ForJob<'a, J> {
    jobs: &'a J,
    job: &'a Job,
}

impl<J: Jobs> Foresight for ForJob<'_, J> {
    async fn foresee(&self, anew: bool) -> Option<Foreseen> {
        self.jobs.foresee(self.job, anew).await
    }
}

fn panicked(panic: &JoinError) -> Ended {
    tracing::error!(%panic, "the builder panicked");
    Err(infrastructure(
        "internal",
        "the build ended by a fault of the server",
    ))
}

fn out_of_time(limit: Duration) -> BuildError {
    let text = format!(
        "the build did not end within {} s and was stopped",
        limit.as_secs()
    );
    infrastructure("time-limit", &text)
}
