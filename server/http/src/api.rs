use std::future::Future;
use std::sync::Arc;

use asu_artifacts::Artifacts;
use asu_catalog::CatalogError;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::plan::{Plan, PlanProblem, PlanRequest};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use asu_signing::Signer;
use asu_store::{Job, State, Store, StoreError};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{Foreman, Hot, Limits, OfferedDistribution, Pulse};

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplannable {
    /// The catalog does not know what is asked about, or upstream cannot be reached.
    Catalog(CatalogError),
    /// The packages cannot be had, each trouble with its remedies.
    Problems(Vec<PlanProblem>),
}

impl From<CatalogError> for Unplannable {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

/// What upstream offers and what becomes of packages, as the routes ask for it.
pub trait Offer: Clone + Send + Sync + 'static {
    /// See [`asu_catalog::Catalog::overview`].
    fn overview(&self) -> impl Future<Output = Overview> + Send;
    /// See [`asu_catalog::Catalog::latest`].
    fn latest(&self) -> impl Future<Output = Vec<String>> + Send;
    /// See [`asu_catalog::Catalog::profiles`].
    fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> impl Future<Output = Result<Arc<TargetProfiles>, CatalogError>> + Send;
    /// See [`asu_catalog::Catalog::target_index`].
    fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> impl Future<Output = Result<TargetIndex, CatalogError>> + Send;
    /// See [`asu_catalog::Catalog::arch_index`].
    fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> impl Future<Output = Result<ArchIndex, CatalogError>> + Send;
    /// The distributions with their releases, for the lists of the 2017 API.
    fn distributions(&self) -> impl Future<Output = Vec<OfferedDistribution>> + Send;
    /// What the board an older system calls `board` is called in `version` of OpenWrt.
    fn board_in(&self, version: &VersionName, board: &str) -> String;
    /// What an upgrade would do, or why it cannot be done.
    fn plan(&self, request: PlanRequest) -> impl Future<Output = Result<Plan, Unplannable>> + Send;
    /// See [`asu_catalog::Catalog::canonical`].
    fn canonical(
        &self,
        request: BuildRequest,
    ) -> impl Future<Output = Result<BuildRequest, CatalogError>> + Send;
}

/// Tells the time; tests have their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// All that the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct Api<O> {
    /// What upstream offers.
    pub offer: O,
    /// Requests and their jobs.
    pub store: Store,
    /// Image files.
    pub artifacts: Artifacts,
    /// What this server allows.
    pub limits: Arc<Limits>,
    /// Told when a job was queued.
    pub wake: Arc<Notify>,
    /// Whether the worker lives.
    pub pulse: Pulse,
    /// The time.
    pub clock: Clock,
    /// Answers kept ready.
    pub hot: Hot,
    /// Signs answers, where the server has a key.
    pub signer: Option<Arc<Signer>>,
    /// Gives jobs to workers elsewhere; without one there are none.
    pub foreman: Option<Arc<dyn Foreman>>,
}

impl<O> Api<O> {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A worker elsewhere gave a sign of life.
    pub(crate) async fn worker_seen(&self, worker: &str) -> Result<(), StoreError> {
        self.hot.worker_seen(worker);
        self.store.worker_seen(worker, self.now()).await
    }

    /// The job with the verdicts on its answer, if it has images.
    pub(crate) async fn with_rebuilds(&self, mut job: Job) -> Result<Job, StoreError> {
        if let State::Done(answer) = &mut job.state {
            answer.rebuilds = self.store.rebuilds(&job.request_hash, answer).await?;
        }
        Ok(job)
    }

    /// Writes down how many requests came since this was last done; what was not is lost at a stop.
    pub async fn keep_counts(&self) -> Result<(), StoreError> {
        let (requests, hits) = self.hot.metrics().take();
        if requests == 0 {
            return Ok(());
        }
        self.store.count_requests(self.now(), requests, hits).await
    }
}
