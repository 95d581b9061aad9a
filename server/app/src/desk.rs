//! What upstream offers and what becomes of packages: the catalog and the planner, put together.

mod distributions;
mod facts;
mod universes;

use std::sync::Arc;

use asu_catalog::{Catalog, CatalogError};
use asu_distributions::{Chosen, Releases};
use asu_http::{Offer, OfferedDistribution, Unplannable};
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{ProfileName, Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::plan::{Plan, PlanRequest};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};

use facts::{Facts, Known};
use universes::Universes;

/// The catalog, and plans made of it. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Desk {
    catalog: Catalog,
    universes: Universes,
}

impl Desk {
    /// Answers from `catalog`.
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            universes: Universes::default(),
        }
    }

    /// What an upgrade would do, or why it cannot be done.
    pub async fn plan(&self, request: PlanRequest) -> Result<Plan, Unplannable> {
        let catalog = self.catalog.of(&request.distro)?;
        let installed = request.version.as_str();
        if catalog.distribution().branch_of(installed).is_none() {
            return Err(CatalogError::UnsupportedVersion(installed.to_owned()).into());
        }
        let releases = catalog.releases().await;
        let (chosen, version) = choose(&catalog, &releases, &request)?;
        let profile = renamed(&catalog, &request, &version);
        let new = self
            .known(&catalog, &version, &request.target, profile.as_ref())
            .await?;
        let old = self
            .known(&catalog, &request.version, &request.target, None)
            .await;
        let old = old.map_err(|error| tracing::info!(%error, "the installed release is not known"));
        let facts = Facts {
            catalog,
            releases,
            request,
            because: chosen.because,
            old: old.ok(),
            new,
        };
        let planned = tokio::task::spawn_blocking(move || facts.plan()).await;
        planned
            .map_err(|error| broken(&error))?
            .map_err(Unplannable::Problems)
    }

    /// One release of one target. The installed one need not know the device.
    async fn known(
        &self,
        catalog: &Catalog,
        version: &VersionName,
        target: &Target,
        profile: Option<&ProfileName>,
    ) -> Result<Known, CatalogError> {
        let offered = catalog.offered(version, target).await?;
        let profile = match profile {
            Some(named) => Some(catalog.profile_of(version, target, named).await?),
            None => None,
        };
        let universe = self.universes.of(&offered).await?;
        Ok(Known {
            version: version.clone(),
            profile,
            profiles: offered.profiles,
            universe,
        })
    }
}

fn choose(
    catalog: &Catalog,
    releases: &Releases,
    request: &PlanRequest,
) -> Result<(Chosen, VersionName), CatalogError> {
    let installed = request.version.as_str();
    let none = || match &request.to {
        Some(wanted) => CatalogError::UnsupportedVersion(wanted.clone()),
        None => CatalogError::NothingNewer(installed.to_owned()),
    };
    let chosen = releases
        .choose(request.to.as_deref(), installed)
        .ok_or_else(none)?;
    let version = chosen.version.parse().map_err(|_| none())?;
    catalog.buildable(&chosen.version)?;
    Ok((chosen, version))
}

/// The name the wanted release has for the board.
fn renamed(catalog: &Catalog, request: &PlanRequest, to: &VersionName) -> Option<ProfileName> {
    let named = request.profile.as_ref()?;
    let (from, to) = (request.version.as_str(), to.as_str());
    let renamed = catalog
        .distribution()
        .rename_board(from, to, named.as_str());
    renamed.parse().ok().or_else(|| Some(named.clone()))
}

fn broken(error: &impl ToString) -> CatalogError {
    CatalogError::Planning(error.to_string())
}

impl Offer for Desk {
    async fn overview(&self) -> Overview {
        self.catalog.overview().await
    }

    async fn latest(&self) -> Vec<String> {
        self.catalog.latest().await
    }

    async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        self.catalog.profiles(version, target).await
    }

    async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        self.catalog.target_index(version, target).await
    }

    async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        self.catalog.arch_index(version, arch).await
    }

    async fn distributions(&self) -> Vec<OfferedDistribution> {
        distributions::offered(&self.catalog).await
    }

    fn board_in(&self, version: &VersionName, board: &str) -> String {
        distributions::board_in(self.catalog.distribution(), version, board)
    }

    async fn plan(&self, request: PlanRequest) -> Result<Plan, Unplannable> {
        Desk::plan(self, request).await
    }

    async fn canonical(&self, request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        self.catalog.canonical(request).await
    }
}
