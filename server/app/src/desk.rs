//! What upstream offers and what becomes of packages: the catalog and the planner, put together.

mod distributions;
mod facts;
mod universes;

use std::sync::Arc;
use std::time::Duration;

use asu_catalog::{Catalog, CatalogError, Offered};
use asu_distributions::{Chosen, Releases};
use asu_http::{Offer, OfferedDistribution, Unplannable};
use asu_planner::Foreseen;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{ProfileName, Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::plan::{Plan, PlanRequest};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use moka::sync::Cache;

use crate::Foresee;
use facts::{Facts, Known};
use universes::Universes;

/// How long a client waits for what the mirror has to be asked for. Downloads go on behind, so that
/// the same question may be answered later.
const PATIENCE: Duration = Duration::from_secs(8);
/// Releases of targets that are remembered as planned with.
const PLANNED: u64 = 100;
/// How long a plan waits for the installed release, which it can do without.
const PATIENCE_FOR_OLD: Duration = Duration::from_secs(5);

/// The catalog, and plans made of it. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Desk {
    catalog: Catalog,
    universes: Universes,
    /// Releases of targets whose packages somebody planned with lately, so that they are at hand.
    planned: Cache<(VersionName, Target), ()>,
}

impl Desk {
    /// Answers from `catalog`.
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            universes: Universes::default(),
            planned: Cache::new(PLANNED),
        }
    }

    /// What an upgrade would do, or why it cannot be done.
    pub async fn plan(&self, request: PlanRequest) -> Result<Plan, Unplannable> {
        let catalog = self.catalog.of(&request.distro)?;
        let installed = request.version.as_str();
        if catalog.distribution().branch_of(installed).is_none() {
            return Err(CatalogError::UnsupportedVersion(installed.to_owned()).into());
        }
        let (releases, chosen, version) = choose(&catalog, &request).await?;
        let profile = renamed(&catalog, &request, &version);
        let (new, old) = tokio::join!(
            self.known(&catalog, &version, &request.target, profile.as_ref()),
            in_time(
                PATIENCE_FOR_OLD,
                &catalog,
                self.known(&catalog, &request.version, &request.target, None)
            ),
        );
        let new = new?;
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
        let known = self.indexed(version, profile, offered).await?;
        self.planned.insert((version.clone(), target.clone()), ());
        Ok(known)
    }

    async fn indexed(
        &self,
        version: &VersionName,
        profile: Option<ProfileName>,
        offered: Offered,
    ) -> Result<Known, CatalogError> {
        let universe = self.universes.of(&offered).await?;
        Ok(Known {
            version: version.clone(),
            profile,
            profiles: offered.profiles,
            universe,
        })
    }

    async fn foreseen(
        &self,
        request: &BuildRequest,
        anew: bool,
    ) -> Result<Option<Foreseen>, CatalogError> {
        let catalog = self.catalog.of(&request.distro)?;
        let (version, target) = (&request.version, &request.target);
        let offered = if anew {
            catalog.offered_anew(version, target).await?
        } else {
            catalog.offered(version, target).await?
        };
        let profile = Some(request.profile.clone());
        let known = self.indexed(version, profile, offered).await?;
        let request = request.clone();
        let seen = tokio::task::spawn_blocking(move || {
            let release = known.release("", known.profile.as_ref());
            asu_planner::foresee(&release, &request)
        });
        seen.await.map_err(|error| broken(&error))
    }
}

async fn choose(
    catalog: &Catalog,
    request: &PlanRequest,
) -> Result<(Releases, Chosen, VersionName), CatalogError> {
    let installed = request.version.as_str();
    let none = || match &request.to {
        Some(wanted) => CatalogError::UnsupportedVersion(wanted.clone()),
        None => CatalogError::NothingNewer(installed.to_owned()),
    };
    let mut releases = catalog.releases().await;
    let mut chosen = releases.choose(request.to.as_deref(), installed);
    if chosen.is_none() {
        // What is not there may be new, or not known because the mirror is down.
        catalog.look_again().await?;
        releases = catalog.releases().await;
        chosen = releases.choose(request.to.as_deref(), installed);
    }
    let chosen = chosen.ok_or_else(none)?;
    let version = chosen.version.parse().map_err(|_| none())?;
    catalog.buildable(&chosen.version)?;
    Ok((releases, chosen, version))
}

/// What `work` comes to, unless the mirror takes too long.
async fn in_time<T, E: From<CatalogError>>(
    patience: Duration,
    catalog: &Catalog,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let done = tokio::time::timeout(patience, work).await;
    done.unwrap_or_else(|_| Err(CatalogError::late(catalog.upstream()).into()))
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

impl Foresee for Desk {
    async fn foresee(&self, request: &BuildRequest, anew: bool) -> Option<Foreseen> {
        let place = (request.version.clone(), request.target.clone());
        if !self.planned.contains_key(&place) {
            return None;
        }
        let seen = in_time(PATIENCE, &self.catalog, self.foreseen(request, anew));
        let seen = seen.await.map_err(
            |error| tracing::info!(%error, "the packages of an image could not be foreseen"),
        );
        seen.ok().flatten()
    }
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
        let profiles = self.catalog.profiles(version, target);
        in_time(PATIENCE, &self.catalog, profiles).await
    }

    async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        let index = self.catalog.target_index(version, target);
        in_time(PATIENCE, &self.catalog, index).await
    }

    async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        let index = self.catalog.arch_index(version, arch);
        in_time(PATIENCE, &self.catalog, index).await
    }

    async fn distributions(&self) -> Vec<OfferedDistribution> {
        distributions::offered(&self.catalog).await
    }

    fn board_in(&self, version: &VersionName, board: &str) -> String {
        distributions::board_in(self.catalog.distribution(), version, board)
    }

    async fn plan(&self, request: PlanRequest) -> Result<Plan, Unplannable> {
        in_time(PATIENCE, &self.catalog, Desk::plan(self, request)).await
    }

    async fn canonical(&self, request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        let canonical = self.catalog.canonical(request);
        in_time(PATIENCE, &self.catalog, canonical).await
    }
}
