//! All that one plan is made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use asu_catalog::Catalog;
use asu_distributions::{PackageSet, Releases};
use asu_planner::solve::Universe;
use asu_planner::{Installed, Release, Upgrade};
use asu_protocol::name::{ProfileName, VersionName};
use asu_protocol::plan::{Plan, PlanProblem, PlanRequest};
use asu_protocol::profiles::TargetProfiles;

/// All that one plan is made of.
pub(super) struct Facts {
    pub(super) catalog: Catalog,
    pub(super) releases: Releases,
    pub(super) request: PlanRequest,
    pub(super) because: String,
    pub(super) old: Option<Known>,
    pub(super) new: Known,
}

/// One release of one target.
pub(super) struct Known {
    pub(super) version: VersionName,
    pub(super) profile: Option<ProfileName>,
    pub(super) profiles: Arc<TargetProfiles>,
    pub(super) universe: Arc<Universe>,
}

impl Known {
    /// As the planner has it, with `profile` if the release knows it.
    pub(super) fn release<'a>(
        &'a self,
        channel: &'a str,
        profile: Option<&'a ProfileName>,
    ) -> Release<'a> {
        let profiles = &self.profiles;
        let device = profile.and_then(|name| Some((name, profiles.profiles.get(name.as_str())?)));
        Release {
            version: &self.version,
            revision: &profiles.version_code,
            channel,
            flavour: self.universe.flavour(),
            default_packages: &profiles.default_packages,
            profile: device,
            universe: &self.universe,
        }
    }
}

impl Facts {
    pub(super) fn plan(&self) -> Result<Plan, Vec<PlanProblem>> {
        let request = &self.request;
        let sets = self.sets()?;
        let (mut add, mut remove) = packages(&sets);
        add.extend(request.add.iter().map(ToString::to_string));
        remove.extend(request.remove.iter().map(ToString::to_string));
        asu_planner::plan(&Upgrade {
            distribution: self.catalog.distribution(),
            target: &request.target,
            from: Installed {
                version: &request.version,
                revision: &request.revision,
                release: self
                    .old
                    .as_ref()
                    .map(|old| self.release(old, self.installed_profile(old))),
                packages: &request.packages.0,
            },
            to: self.release(&self.new, self.new.profile.as_ref()),
            because: &self.because,
            add,
            remove,
            files: sets.iter().flat_map(|set| set.files()).collect(),
            allow_downgrade: request.allow_downgrade,
            filesystem: request.filesystem.as_deref(),
            rootfs_size_mb: request.rootfs_size_mb,
            router: &request.router,
        })
    }

    fn release<'a>(&'a self, known: &'a Known, profile: Option<&'a ProfileName>) -> Release<'a> {
        let channel = self.releases.channel_of(known.version.as_str());
        known.release(channel, profile)
    }

    /// The profile in the installed release, which may have had another name for it.
    fn installed_profile(&self, old: &Known) -> Option<&ProfileName> {
        let same = self.new.profile.as_ref();
        let asked = self.request.profile.as_ref();
        [same, asked]
            .into_iter()
            .flatten()
            .find(|name| old.profiles.profiles.contains_key(name.as_str()))
    }

    /// The flavor and the network profile that are asked for.
    fn sets(&self) -> Result<Vec<&PackageSet>, Vec<PlanProblem>> {
        let (distribution, version) = (self.catalog.distribution(), self.new.version.as_str());
        let flavor = find(
            "flavor",
            self.request.flavor.as_deref(),
            &distribution.flavors(version),
        )?;
        let network = self.request.network_profile.as_deref();
        let network = find(
            "network profile",
            network,
            &distribution.network_profiles(version),
        )?;
        Ok(flavor.into_iter().chain(network).collect())
    }
}

/// The packages that sets add, and those they take out (`-name`).
fn packages(sets: &[&PackageSet]) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = sets.iter().flat_map(|set| &set.packages);
    let names = names.map(|package| package.value.clone());
    let (removed, added): (Vec<String>, Vec<String>) =
        names.partition(|name| name.starts_with('-'));
    let removed = removed
        .iter()
        .map(|name| name.trim_start_matches('-').to_owned());
    (added.into_iter().collect(), removed.collect())
}

fn find<'s>(
    what: &str,
    wanted: Option<&str>,
    sets: &[&'s PackageSet],
) -> Result<Option<&'s PackageSet>, Vec<PlanProblem>> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let found = sets.iter().find(|set| set.name.value == wanted);
    if let Some(set) = found {
        return Ok(Some(set));
    }
    let known: Vec<&str> = sets.iter().map(|set| set.name.value.as_str()).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    Err(vec![PlanProblem {
        code: "unknown-package-set".to_owned(),
        text: format!("There is no {what} called {wanted}. There are: {known}."),
        packages: Vec::new(),
        chain: Vec::new(),
        remedies: Vec::new(),
    }])
}
