//! The catalog itself: questions about upstream, answered from the last good state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::TargetProfiles;

use crate::CatalogError;
use crate::branches::Branches;
use crate::disk::Disk;
use crate::documents::{self, Targets, Versions};
use crate::index::{self, PackageIndex};
use crate::mirror::Mirror;
use crate::shelf::{Clock, Shelf, is_absent};

/// Where the list of all releases lies below the mirror's root.
const VERSIONS: &str = ".versions.json";

/// Where upstream is, and where its documents are kept.
#[derive(Debug, Clone)]
pub struct CatalogConfig {
    /// The mirror's root, e.g. `https://downloads.openwrt.org`.
    pub upstream: String,
    /// The folder of the cached documents; made if absent.
    pub cache_dir: PathBuf,
}

/// What tests decide and operators need not.
#[derive(Clone)]
pub struct Tuning {
    /// The time; documents are revalidated once they are a minute old by it.
    pub clock: Clock,
    /// How long upstream may take for one document.
    pub timeout: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        let start = Instant::now();
        Self {
            clock: Arc::new(move || start.elapsed()),
            timeout: Duration::from_secs(20),
        }
    }
}

/// What upstream offers. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) upstream: String,
    pub(crate) branches: Branches,
    versions: Shelf<Versions>,
    targets: Shelf<Targets>,
    profiles: Shelf<TargetProfiles>,
    pub(crate) indexes: Shelf<PackageIndex>,
    pub(crate) feeds: Shelf<Vec<String>>,
}

impl Catalog {
    /// Opens the catalog from its cache, asking upstream only for what was never seen.
    ///
    /// Upstream being down is no error; an unusable cache folder is.
    pub async fn open(config: CatalogConfig) -> Result<Self, CatalogError> {
        Self::open_with(config, Tuning::default()).await
    }

    /// [`Catalog::open`] with another clock or patience.
    pub async fn open_with(config: CatalogConfig, tuning: Tuning) -> Result<Self, CatalogError> {
        let disk = Disk::open(&config.cache_dir, &config.upstream)
            .map_err(|error| unusable(&config.cache_dir, &error))?;
        let mirror = Arc::new(Mirror::new(&config.upstream, tuning.timeout, disk)?);
        let inner = Inner {
            upstream: config.upstream.trim_end_matches('/').to_owned(),
            branches: Branches::committed()?,
            versions: Shelf::new(&mirror, &tuning.clock, documents::versions),
            targets: Shelf::new(&mirror, &tuning.clock, documents::targets),
            profiles: Shelf::new(&mirror, &tuning.clock, documents::profiles),
            indexes: Shelf::new(&mirror, &tuning.clock, index::parse),
            feeds: Shelf::new(&mirror, &tuning.clock, documents::feeds),
        };
        let catalog = Self {
            inner: Arc::new(inner),
        };
        if let Err(error) = catalog.inner.versions.get(VERSIONS).await {
            tracing::warn!(%error, "starting without any version; upstream is asked again later");
        }
        Ok(catalog)
    }

    /// The profiles of a target.
    pub async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        let folder = self.target_folder(version, target).await?;
        let profiles = self
            .inner
            .profiles
            .get(&format!("{folder}/profiles.json"))
            .await;
        profiles.map_err(|error| if_absent(error, || unsupported_target(target)))
    }

    /// The profiles of a target, at most a minute old.
    pub(crate) async fn recent_profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        let folder = self.target_folder(version, target).await?;
        self.inner
            .profiles
            .recent(&format!("{folder}/profiles.json"))
            .await
    }

    /// The releases there are; empty while upstream was never reached.
    pub(crate) async fn versions(&self) -> Arc<Versions> {
        self.inner.versions.get(VERSIONS).await.unwrap_or_default()
    }

    /// The targets of a version, if upstream has published any.
    pub(crate) async fn targets(&self, folder: &str) -> Result<Arc<Targets>, CatalogError> {
        self.inner
            .targets
            .get(&format!("{folder}/.targets.json"))
            .await
    }

    /// The folder of a version's target below the mirror's root, if there is such a target.
    pub(crate) async fn target_folder(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<String, CatalogError> {
        let folder = self.version_folder(version.as_str()).await?;
        let refuse = |error| if_absent(error, || unsupported_target(target));
        let known = self.targets(&folder).await.map_err(refuse)?;
        if !known.contains_key(target.as_str()) {
            let recent = self
                .inner
                .targets
                .recent(&format!("{folder}/.targets.json"))
                .await;
            if !recent.map_err(refuse)?.contains_key(target.as_str()) {
                return Err(unsupported_target(target));
            }
        }
        Ok(format!("{folder}/targets/{target}"))
    }

    /// The folder of a version below the mirror's root, if there is such a version.
    pub(crate) async fn version_folder(&self, version: &str) -> Result<String, CatalogError> {
        let branch = self.inner.branches.of(version);
        let branch = branch.ok_or_else(|| CatalogError::UnsupportedBranch(version.to_owned()))?;
        let folder = branch.folder(version);
        let unknown = || CatalogError::UnsupportedVersion(version.to_owned());
        if version == branch.snapshot_version() {
            // Upstream lists no snapshots; one exists where it has targets.
            self.targets(&folder)
                .await
                .map_err(|error| if_absent(error, unknown))?;
            return Ok(folder);
        }
        if self.versions().await.has(version)
            || self.inner.versions.recent(VERSIONS).await?.has(version)
        {
            return Ok(folder);
        }
        Err(unknown())
    }
}

fn unsupported_target(target: &Target) -> CatalogError {
    CatalogError::UnsupportedTarget(target.to_string())
}

fn if_absent(error: CatalogError, instead: impl FnOnce() -> CatalogError) -> CatalogError {
    if is_absent(&error) { instead() } else { error }
}

fn unusable(folder: &std::path::Path, error: &std::io::Error) -> CatalogError {
    CatalogError::Cache {
        path: folder.display().to_string(),
        reason: error.to_string(),
    }
}
