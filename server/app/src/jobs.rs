//! Where a worker gets its jobs from, and what it says of them there: this server's own queue, or
//! another server's over HTTP.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use asu_builder::{BuildError, BuildOutput};
use asu_planner::Foreseen;
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::worker::News;
use asu_store::{Claim, StoreError};
use tokio::sync::watch;

use crate::Build;

/// How a build ended.
pub(crate) type Ended = Result<BuildOutput, BuildError>;

/// A job in a worker's hands.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The request, and the right to it.
    pub(crate) claim: Claim,
    /// What the mirror tells of its target.
    pub(crate) profiles: TargetProfiles,
    /// The time between two signs of life.
    pub(crate) heartbeat: Duration,
    /// How long it may take in all.
    pub(crate) limit: Duration,
}

/// Why a worker stops being on a job without an outcome to report.
#[derive(Debug)]
pub(crate) enum Dropped {
    /// This process stops.
    Stopped,
    /// Somebody else has the job, or nobody wants it any more.
    Lost(String),
    /// Whoever gave it cannot be told anything; a lease that nobody extends ends.
    Broken(String),
}

impl From<StoreError> for Dropped {
    fn from(error: StoreError) -> Self {
        match error {
            lost @ StoreError::LeaseLost { .. } => Self::Lost(lost.to_string()),
            broken => Self::Broken(broken.to_string()),
        }
    }
}

/// Why a worker is not to work any more, in words for people.
#[derive(Debug)]
pub(crate) struct Dismissed(pub(crate) String);

/// Gives jobs to one worker, and takes what it makes of them.
pub(crate) trait Jobs: Clone + Send + Sync + 'static {
    /// What it builds with.
    type Builder: Build;

    /// The next job; `None` after a while without one, and when `stop` says so.
    fn next(
        &self,
        stop: &mut watch::Receiver<bool>,
    ) -> impl Future<Output = Result<Option<Job>, Dismissed>> + Send;

    /// What the last job given is to be built with.
    fn builder(&self) -> Self::Builder;

    /// Says that the job is still worked on.
    fn beat(&self, job: &Job) -> impl Future<Output = Result<(), Dropped>> + Send;

    /// Tells what has happened; what could not be told yet is left in `news`.
    fn tell(
        &self,
        job: &Job,
        news: &mut Vec<News>,
    ) -> impl Future<Output = Result<(), Dropped>> + Send;

    /// How long news is gathered before it is told.
    fn gather(&self) -> Duration;

    /// Ends when some job was cancelled, perhaps not this worker's.
    fn cancelled(&self) -> impl Future<Output = ()> + Send;

    /// See [`crate::Foresee::foresee`].
    fn foresee(&self, job: &Job, anew: bool) -> impl Future<Output = Option<Foreseen>> + Send;

    /// Hands in what came of a build, with the files in `out`.
    fn finish(
        &self,
        job: &Job,
        ended: Ended,
        out: &Path,
        stop: &mut watch::Receiver<bool>,
    ) -> impl Future<Output = Result<(), Dropped>> + Send;

    /// Gives a job back unfinished.
    fn hand_back(&self, job: &Job) -> impl Future<Output = Result<(), Dropped>> + Send;
}

/// Ends when this process is to stop, and at once if it already is.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone is a server that is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}
