//! The build worker: takes one job at a time, and says so while it is on it.

mod clean;
mod hold;
mod run;
mod vouch;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use asu_builder::{BuildError, Failure};
use asu_http::Api;
use asu_protocol::build::BuildAnswer;
use asu_store::{Claim, StoreError, Verdict};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{Build, Foresee, outcome};
pub(crate) use clean::remove_strays;
use run::Ended;

/// The cause of failures of the disk or bucket that images are kept in.
const STORAGE: &str = "storage";

/// The time between two looks for images that no job tells of.
const SWEEP: Duration = Duration::from_hours(1);

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
        }
    }
}

#[derive(Clone)]
pub(crate) struct Worker<O, B> {
    /// What its leases are known by, see [`crate::DataDir::worker`].
    pub(crate) name: Arc<str>,
    pub(crate) api: Api<O>,
    pub(crate) builder: B,
    pub(crate) unfinished: PathBuf,
    pub(crate) pace: Pace,
}

/// Why the worker stops being on a job without an outcome to report.
enum Dropped {
    /// The server stops.
    Stopped,
    /// Somebody else has the job, or the database failed; a lease that nobody extends ends.
    Lost(StoreError),
}

impl<O: Foresee, B: Build> Worker<O, B> {
    /// Works until `stop` says so; a build under way is then given back to the queue.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let (mut cleaned, mut swept) = (Timestamp::MIN, (self.api.clock)());
        while !*stop.borrow() {
            let now = (self.api.clock)();
            self.api.pulse.beat(now);
            if now.duration_since(cleaned).unsigned_abs() >= self.pace.clean {
                self.clean(now).await;
                cleaned = now;
            }
            if now.duration_since(swept).unsigned_abs() >= SWEEP {
                self.sweep().await;
                swept = now;
            }
            match self.api.store.claim(&self.name, now, self.pace.lease).await {
                Ok(Some(claim)) => self.work(claim, &mut stop).await,
                Ok(None) => self.rest(&mut stop).await,
                Err(error) => {
                    tracing::error!(%error, "no job could be taken");
                    self.rest(&mut stop).await;
                }
            }
        }
    }

    async fn rest(&self, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = self.api.wake.notified() => {}
            () = tokio::time::sleep(self.pace.idle) => {}
            () = stopped(stop) => {}
        }
    }

    #[tracing::instrument(skip_all, fields(request_hash = claim.lease.request_hash(), attempt = claim.attempt))]
    async fn work(&self, claim: Claim, stop: &mut watch::Receiver<bool>) {
        tracing::info!(version = %claim.request.version, profile = %claim.request.profile, "build started");
        let out = self.unfinished.join(claim.lease.request_hash());
        let reported = match self.follow(&claim, &out, stop).await {
            Ok(ended) => self.report(&claim, ended, &out).await,
            Err(Dropped::Stopped) => {
                tracing::info!("the server stops; the job goes back to the queue");
                let now = (self.api.clock)();
                self.api.store.hand_back(&claim.lease, now).await
            }
            Err(Dropped::Lost(error)) => Err(error),
        };
        match reported {
            Ok(()) => {}
            Err(lost @ StoreError::LeaseLost { .. }) => {
                tracing::info!(%lost, "the build was stopped");
            }
            Err(error) => tracing::error!(%error, "the job's state could not be reported"),
        }
        if let Err(error) = remove(&out) {
            tracing::warn!(%error, "what was left of the build could not be removed");
        }
    }

    async fn failed(&self, claim: &Claim, failure: &Failure, out: &std::path::Path) -> BuildAnswer {
        // Where images cannot be kept, a log cannot either.
        let (bin_dir, log) = match failure.cause.as_str() {
            STORAGE => Default::default(),
            _ => self.keep_log(claim, out).await,
        };
        BuildAnswer {
            bin_dir,
            log,
            ..outcome::failed(failure)
        }
    }

    /// Reports how the build ended. Its files count if the report does, and go otherwise: a worker that
    /// lost its lease has nothing published.
    async fn report(
        &self,
        claim: &Claim,
        ended: Ended,
        out: &std::path::Path,
    ) -> Result<(), StoreError> {
        let told = self.holding(claim, self.answer_of(claim, ended, out));
        let counts = match told.await {
            Ok(ended) => self.tell(claim, ended).await,
            Err(error) => Err(error),
        };
        if matches!(counts, Ok(false) | Err(StoreError::LeaseLost { .. })) {
            self.discard(claim).await;
        }
        counts.map(drop)
    }

    /// Keeps what is to be kept, and says how that went together with the answer it is kept for.
    async fn answer_of(
        &self,
        claim: &Claim,
        ended: Ended,
        out: &std::path::Path,
    ) -> (BuildAnswer, Result<(), BuildError>) {
        let kept = match ended {
            Ok(output) => self.keep(claim, output, out).await,
            Err(error) => Err(error),
        };
        match kept {
            Ok(answer) => (answer, Ok(())),
            Err(error) => {
                let answer = self.failed(claim, error.failure(), out).await;
                (answer, Err(error))
            }
        }
    }

    /// Whether the answer was given, and so its files count.
    async fn tell(
        &self,
        claim: &Claim,
        (answer, ended): (BuildAnswer, Result<(), BuildError>),
    ) -> Result<bool, StoreError> {
        let now = (self.api.clock)();
        let store = &self.api.store;
        match ended {
            Ok(()) => {
                tracing::info!(images = answer.images.len(), "built");
                store.succeed(claim, now, &answer).await?;
                Ok(true)
            }
            Err(BuildError::Request(failure)) => {
                tracing::info!(
                    cause = failure.cause,
                    detail = failure.detail,
                    "refused by the build"
                );
                store.fail(claim, now, &answer).await?;
                Ok(true)
            }
            Err(BuildError::Infrastructure(failure)) => {
                let verdict = if mends_by_itself(&failure.cause) {
                    store.retry(claim, now, &answer).await?
                } else {
                    store.give_up(claim, now, &answer).await?
                };
                let stderr = failure.stderr;
                tracing::error!(
                    cause = failure.cause,
                    detail = failure.detail,
                    stderr,
                    ?verdict,
                    "the build could not be made"
                );
                Ok(verdict == Verdict::GivenUp)
            }
        }
    }
}

/// Whether another try within the minute may go better: a mirror or a disk may, an ImageBuilder that
/// is not published or not signed will not, and a build that took all its time holds up the others.
fn mends_by_itself(cause: &str) -> bool {
    !matches!(cause, "imagebuilder-missing" | "untrusted" | "time-limit")
}

/// Ends when the server stops, and at once if it already does.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone is a server that is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

pub(crate) fn remove(folder: &std::path::Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
