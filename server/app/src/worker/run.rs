//! One build, with the heartbeats around it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use asu_builder::{BuildError, Progress};
use asu_planner::Foreseen;
use asu_protocol::worker::News;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::{Worker, remove};
use crate::build;
use crate::foresight::Foresight;
use crate::jobs::{Dropped, Ended, Job, Jobs, stopped};
use crate::outcome::{STORAGE, infrastructure};

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

async fn make<J: Jobs>(
    jobs: J,
    job: Job,
    out: PathBuf,
    tell: mpsc::UnboundedSender<News>,
) -> Ended {
    // What a crash left would become part of this build.
    remove(&out).map_err(|error| {
        tracing::error!(%error, "an earlier build's folder could not be removed");
        infrastructure(STORAGE, "the server could not prepare the build")
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
