use std::future::Future;
use std::sync::Arc;

use asu_artifacts::Artifacts;
use asu_catalog::{Catalog, CatalogError};
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use asu_store::Store;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{Limits, Pulse};

/// What upstream offers, as the routes ask for it; the catalog's part of [`Catalog`].
pub trait Offer: Clone + Send + Sync + 'static {
    /// See [`Catalog::overview`].
    fn overview(&self) -> impl Future<Output = Overview> + Send;
    /// See [`Catalog::latest`].
    fn latest(&self) -> impl Future<Output = Vec<String>> + Send;
    /// See [`Catalog::profiles`].
    fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> impl Future<Output = Result<Arc<TargetProfiles>, CatalogError>> + Send;
    /// See [`Catalog::target_index`].
    fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> impl Future<Output = Result<TargetIndex, CatalogError>> + Send;
    /// See [`Catalog::arch_index`].
    fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> impl Future<Output = Result<ArchIndex, CatalogError>> + Send;
    /// See [`Catalog::canonical`].
    fn canonical(
        &self,
        request: BuildRequest,
    ) -> impl Future<Output = Result<BuildRequest, CatalogError>> + Send;
}

impl Offer for Catalog {
    async fn overview(&self) -> Overview {
        Catalog::overview(self).await
    }

    async fn latest(&self) -> Vec<String> {
        Catalog::latest(self).await
    }

    async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        Catalog::profiles(self, version, target).await
    }

    async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        Catalog::target_index(self, version, target).await
    }

    async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        Catalog::arch_index(self, version, arch).await
    }

    async fn canonical(&self, request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        Catalog::canonical(self, request).await
    }
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
}

impl<O> Api<O> {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
