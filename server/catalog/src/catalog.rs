//! The catalog itself: questions about upstream, answered from the last good state.

use std::path::PathBuf;
use std::sync::Arc;

use asu_protocol::build::BuildRequest;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};

use crate::CatalogError;

/// Where upstream is, and where its documents are kept.
#[derive(Debug, Clone)]
pub struct CatalogConfig {
    /// The mirror's root, e.g. `https://downloads.openwrt.org`.
    pub upstream: String,
    /// The folder of the cached documents; made if absent.
    pub cache_dir: PathBuf,
}

/// What upstream offers. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Catalog {
    config: Arc<CatalogConfig>,
}

impl Catalog {
    /// Opens the catalog from its cache, asking upstream only for what was never seen.
    ///
    /// Upstream being down is no error; an unusable cache folder is.
    pub async fn open(config: CatalogConfig) -> Result<Self, CatalogError> {
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// The branches with their versions, targets and package changes.
    ///
    /// `server` is left at its default: what a server allows is not upstream's to say.
    pub async fn overview(&self) -> Overview {
        Overview {
            upstream_url: self.config.upstream.clone(),
            ..Overview::default()
        }
    }

    /// The upcoming, the stable and the old stable version, as far as they are known.
    pub async fn latest(&self) -> Vec<String> {
        Vec::new()
    }

    /// The profiles of a target.
    pub async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        let _ = target;
        Err(CatalogError::UnsupportedVersion(version.to_string()))
    }

    /// The packages built for a target, kernel modules included, ABI suffixes removed.
    ///
    /// Empty where upstream has published the target without packages.
    pub async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        let _ = target;
        Err(CatalogError::UnsupportedVersion(version.to_string()))
    }

    /// The packages of all feeds of an architecture; empty if no target of the version has it.
    pub async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        let _ = arch;
        Err(CatalogError::UnsupportedVersion(version.to_string()))
    }

    /// The one form of a request that all requests for the same image share.
    ///
    /// Checks distribution, branch, version, target and profile in API v1's order; resolves the
    /// profile's aliases; makes `packages` sorted, unique and, where `packages_versions` is given,
    /// equal to its names; an empty first-boot script is no script.
    pub async fn canonical(&self, request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        Err(CatalogError::UnsupportedVersion(
            request.version.to_string(),
        ))
    }
}
