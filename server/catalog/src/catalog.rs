//! The catalog itself: questions about upstream, answered from the last good state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asu_distributions::{Distribution, Distributions};
use asu_index::Flavour;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::TargetProfiles;

use crate::documents::{Targets, Versions};
use crate::members::{Member, Members};
use crate::shelf::{Clock, is_absent};
use crate::site::Site;
use crate::{CatalogError, Trust};

/// Where the list of all releases lies below the mirror's root.
const VERSIONS: &str = ".versions.json";

/// The distribution of API v1.
pub(crate) const OPENWRT: &str = "openwrt";

/// Where upstream is, and where its documents are kept.
#[derive(Debug, Clone)]
pub struct CatalogConfig {
    /// The mirror of OpenWrt to use instead of the one its file names, e.g.
    /// `https://downloads.openwrt.org`.
    pub upstream: String,
    /// The folder of the cached documents; made if absent.
    pub cache_dir: PathBuf,
    /// The distributions offered; those committed with this project where absent.
    pub distributions: Option<Distributions>,
    /// Keys that may sign package indexes, besides those the distributions name.
    pub trust: Trust,
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
            // A large index on a slow line; silence and trickle end it sooner.
            timeout: Duration::from_mins(1),
        }
    }
}

/// What upstream offers of one distribution. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Catalog {
    member: Arc<Member>,
    all: Arc<Members>,
}

impl Catalog {
    /// Opens the catalog of OpenWrt from its cache, asking upstream only for what was never seen.
    ///
    /// Upstream being down is no error; an unusable cache folder is.
    pub async fn open(config: CatalogConfig) -> Result<Self, CatalogError> {
        Self::open_with(config, Tuning::default()).await
    }

    /// [`Catalog::open`] with another clock or patience.
    pub async fn open_with(config: CatalogConfig, tuning: Tuning) -> Result<Self, CatalogError> {
        let members = Arc::new(Members::open(&config, &tuning)?);
        let catalog = Self::member(&members, OPENWRT)?;
        if let Err(error) = catalog.site().versions.soon(VERSIONS).await {
            tracing::warn!(%error, "starting without any version; upstream is asked again later");
        }
        Ok(catalog)
    }

    fn member(all: &Arc<Members>, name: &str) -> Result<Self, CatalogError> {
        let unknown = || CatalogError::UnsupportedDistro(name.to_owned());
        let distribution = all.distributions.get(name).ok_or_else(unknown)?;
        let member = all.by_name.get(distribution.name()).ok_or_else(unknown)?;
        Ok(Self {
            member: Arc::clone(member),
            all: Arc::clone(all),
        })
    }

    /// The catalog of another distribution, by its name or an alias.
    pub fn of(&self, distribution: &str) -> Result<Self, CatalogError> {
        Self::member(&self.all, distribution)
    }

    /// The distribution this is the catalog of.
    pub fn distribution(&self) -> &Distribution {
        &self.member.distribution
    }

    /// The distributions offered.
    pub fn distributions(&self) -> &Distributions {
        &self.all.distributions
    }

    pub(crate) fn site(&self) -> &Site {
        &self.member.site
    }

    /// Asks upstream for its releases, unless that was done within the minute, for somebody who
    /// wants one that is not known; an error if upstream cannot tell.
    pub async fn look_again(&self) -> Result<(), CatalogError> {
        self.recent_versions().await.map(drop)
    }

    /// The profiles of a target.
    pub async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        let folder = self.target_folder(version, target).await?;
        let profiles = self
            .site()
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
        self.site()
            .profiles
            .recent(&format!("{folder}/profiles.json"))
            .await
    }

    /// The releases on the mirror, at most a minute old.
    pub(crate) async fn recent_versions(&self) -> Result<Arc<Versions>, CatalogError> {
        self.site().versions.recent(VERSIONS).await
    }

    /// The targets of a version, at most a minute old; a release may be listed before it has any.
    pub(crate) async fn recent_targets(&self, version: &str) -> Result<(), CatalogError> {
        let folder = self.version_folder(version).await?;
        match self
            .site()
            .targets
            .recent(&format!("{folder}/.targets.json"))
            .await
        {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The targets of a version, if upstream has published any.
    pub(crate) async fn targets(&self, folder: &str) -> Result<Arc<Targets>, CatalogError> {
        self.site()
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
        if !self
            .distribution()
            .offers_target(version.as_str(), target.as_str())
        {
            return Err(unsupported_target(target));
        }
        let folder = self.version_folder(version.as_str()).await?;
        let refuse = |error| if_absent(error, || unsupported_target(target));
        let known = self.targets(&folder).await.map_err(refuse)?;
        if !known.contains_key(target.as_str()) {
            let recent = self
                .site()
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
    ///
    /// A branch that is off has folders too: routers are upgraded from it.
    pub(crate) async fn version_folder(&self, version: &str) -> Result<String, CatalogError> {
        let distribution = self.distribution();
        let unknown_branch = || CatalogError::UnsupportedBranch(version.to_owned());
        let unknown = || CatalogError::UnsupportedVersion(version.to_owned());
        let branch = distribution.branch_of(version).ok_or_else(unknown_branch)?;
        let folder = distribution.folder(version).ok_or_else(unknown_branch)?;
        if let Some(parent) = distribution.parent_of(version) {
            let of_parent = self.of(parent.distribution.name())?;
            return Box::pin(of_parent.version_folder(&parent.version)).await;
        }
        if branch.snapshot || version.ends_with("-SNAPSHOT") {
            // Upstream lists no snapshots; one exists where it has targets.
            self.targets(&folder)
                .await
                .map_err(|error| if_absent(error, unknown))?;
            return Ok(folder);
        }
        let versions = &self.site().versions;
        let known = versions
            .get(VERSIONS)
            .await
            .unwrap_or_default()
            .has(version);
        if known || versions.recent(VERSIONS).await?.has(version) {
            return Ok(folder);
        }
        Err(unknown())
    }

    /// Refuses a version that this server does not build.
    pub fn buildable(&self, version: &str) -> Result<(), CatalogError> {
        let branch = self.distribution().branch_of(version);
        match branch.filter(|branch| branch.enabled) {
            Some(_) => Ok(()),
            None => Err(CatalogError::UnsupportedBranch(version.to_owned())),
        }
    }

    /// The package manager of a version.
    pub(crate) fn flavour(&self, version: &str) -> Result<Flavour, CatalogError> {
        let unknown = || CatalogError::UnsupportedBranch(version.to_owned());
        Ok(
            match self.distribution().flavour(version).ok_or_else(unknown)? {
                asu_distributions::Flavour::Opkg => Flavour::Opkg,
                asu_distributions::Flavour::Apk => Flavour::Apk,
            },
        )
    }

    /// The address of the mirror.
    pub fn upstream(&self) -> &str {
        self.site().mirror.root()
    }

    /// The releases on the mirror; none while it was never reached.
    pub(crate) async fn versions(&self) -> Arc<Versions> {
        self.site()
            .versions
            .soon(VERSIONS)
            .await
            .unwrap_or_default()
    }

    /// The feeds the distribution's file names, as paths on the mirror or whole addresses.
    pub(crate) fn named_feeds(&self, version: &str, target: &str, arch: &str) -> Vec<String> {
        let distribution = self.distribution();
        let below = format!("{}/", distribution.mirror());
        let feeds = distribution.feeds(version, target, arch).into_iter();
        feeds
            .map(|feed| {
                feed.url
                    .strip_prefix(&below)
                    .unwrap_or(&feed.url)
                    .to_owned()
            })
            .collect()
    }
}

fn unsupported_target(target: &Target) -> CatalogError {
    CatalogError::UnsupportedTarget(target.to_string())
}

fn if_absent(error: CatalogError, instead: impl FnOnce() -> CatalogError) -> CatalogError {
    if is_absent(&error) { instead() } else { error }
}
