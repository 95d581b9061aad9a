//! The build worker: takes one job at a time, and says so while it is on it.

mod clean;
mod run;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::jobs::{Dismissed, Dropped, Job, Jobs};
pub(crate) use clean::{keep_clean, remove_strays};

/// How the worker spends its time.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How long a job is lost to others after a heartbeat.
    pub lease: Duration,
    /// The time between two heartbeats; a good deal shorter than the lease.
    pub heartbeat: Duration,
    /// How long to wait for news when nothing is to do; jobs that pause give no news.
    pub idle: Duration,
    /// How long a job may take in all; the builder's own limits end it sooner, unless they fail.
    pub limit: Duration,
    /// The time between two looks for expired answers.
    pub clean: Duration,
    /// The time between two looks for images that no job tells of.
    pub sweep: Duration,
}

impl Pace {
    /// The pace of a server whose builds may take `build` each.
    pub fn for_builds_of(build: Duration) -> Self {
        Self {
            lease: Duration::from_mins(1),
            heartbeat: Duration::from_secs(15),
            idle: Duration::from_secs(1),
            // The builder gives as much to obtaining the ImageBuilder as to the build proper.
            limit: build
                .saturating_mul(2)
                .saturating_add(Duration::from_mins(5)),
            clean: Duration::from_mins(1),
            sweep: Duration::from_hours(1),
        }
    }

    /// With leases of this length, and signs of life often enough for them: three may get lost.
    #[must_use]
    pub fn with_leases_of(self, lease: Duration) -> Self {
        Self {
            lease,
            heartbeat: lease / 4,
            ..self
        }
    }

    /// With looks for images that no job tells of as often as this.
    #[must_use]
    pub fn with_sweeps_every(self, sweep: Duration) -> Self {
        Self {
            sweep,
            clean: self.clean.min(sweep),
            ..self
        }
    }
}

#[derive(Clone)]
pub(crate) struct Worker<J> {
    pub(crate) jobs: J,
    pub(crate) unfinished: PathBuf,
    /// It ends after so long without a job; never, if it is not said.
    pub(crate) idle: Option<Duration>,
}

impl<J: Jobs> Worker<J> {
    /// Works until `stop` says so; a build under way is then given back to the queue.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), Dismissed> {
        let mut busy = Instant::now();
        while !*stop.borrow() {
            if let Some(job) = self.jobs.next(&mut stop).await? {
                self.work(job, &mut stop).await;
                busy = Instant::now();
            } else if self.idle.is_some_and(|idle| busy.elapsed() >= idle) {
                tracing::info!("there was nothing to do for long enough");
                break;
            }
        }
        Ok(())
    }

    #[tracing::instrument(skip_all, fields(request_hash = job.claim.lease.request_hash(), attempt = job.claim.attempt))]
    async fn work(&self, job: Job, stop: &mut watch::Receiver<bool>) {
        let request = &job.claim.request;
        tracing::info!(version = %request.version, profile = %request.profile, "build started");
        let out = self.unfinished.join(job.claim.lease.request_hash());
        let ended = match self.follow(&job, &out, stop).await {
            Ok(ended) => self.jobs.finish(&job, ended, &out, stop).await,
            Err(dropped) => Err(dropped),
        };
        let ended = match ended {
            Err(Dropped::Stopped) => {
                tracing::info!("this worker stops; the job goes back to the queue");
                self.jobs.hand_back(&job).await
            }
            ended => ended,
        };
        match ended {
            Ok(()) | Err(Dropped::Stopped) => {}
            Err(Dropped::Lost(lost)) => tracing::info!(lost, "the build was stopped"),
            Err(Dropped::Broken(error)) => {
                tracing::error!(error, "the job's state could not be reported");
            }
        }
        if let Err(error) = remove(&out) {
            tracing::warn!(%error, "what was left of the build could not be removed");
        }
    }
}

pub(crate) fn remove(folder: &std::path::Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
