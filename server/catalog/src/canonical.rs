//! The one form of a request that all requests for the same image share.

use std::collections::BTreeSet;

use asu_protocol::build::BuildRequest;
use asu_protocol::name::{PackageSpec, ProfileName, Target, VersionName};
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::repository::{RepositoriesMode, RepositoryKeys};

use crate::{Catalog, CatalogError};

impl Catalog {
    /// The one form of a request that all requests for the same image share.
    ///
    /// Checks distribution, branch, version, target and profile in API v1's order; resolves the
    /// profile's aliases; makes `packages` sorted, unique and, where `packages_versions` is given,
    /// equal to its names; an empty first-boot script is no script, and keys of no feeds are none. Of
    /// a snapshot, whose contents change, it names the revision that upstream offers.
    pub async fn canonical(&self, mut request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        // Only images of this distribution's own ImageBuilders are built so far.
        if request.distro != self.distribution().name() {
            return Err(CatalogError::UnsupportedDistro(request.distro));
        }
        self.buildable(request.version.as_str())?;
        if request.version.as_str().ends_with("SNAPSHOT") && request.version_code.is_empty() {
            request.version_code = self.revision(&request).await?;
        }
        request.profile = self.profile(&request).await?;
        self.refuse_files(&request)?;
        request.packages = selection(&request);
        request.defaults = request.defaults.filter(|script| !script.is_empty());
        if request.repositories.is_empty() {
            request.repositories_mode = RepositoriesMode::default();
            request.repository_keys = RepositoryKeys::default();
        }
        request.filesystem = request.filesystem.filter(|name| !name.is_empty());
        Ok(request)
    }

    /// Refuses files but those of a network profile: whoever has others has a first-boot script.
    fn refuse_files(&self, request: &BuildRequest) -> Result<(), CatalogError> {
        let (version, files) = (request.version.as_str(), &request.files);
        match files.keys().next() {
            Some(path) if !self.distribution().offers_files(version, files) => {
                Err(CatalogError::ForeignFile(path.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The revision upstream offers now, or the last one known while it cannot be reached.
    async fn revision(&self, request: &BuildRequest) -> Result<String, CatalogError> {
        let (version, target) = (&request.version, &request.target);
        let profiles = match self.recent_profiles(version, target).await {
            Err(CatalogError::Upstream { .. }) => self.profiles(version, target).await?,
            recent => recent?,
        };
        Ok(profiles.version_code.clone())
    }

    async fn profile(&self, request: &BuildRequest) -> Result<ProfileName, CatalogError> {
        self.profile_of(&request.version, &request.target, &request.profile)
            .await
    }

    /// The profile that a name, a `board_name` or another alias stands for.
    pub async fn profile_of(
        &self,
        version: &VersionName,
        target: &Target,
        named: &ProfileName,
    ) -> Result<ProfileName, CatalogError> {
        let wanted = underscored(named.as_str());
        if let Some(profile) = resolve(&*self.profiles(version, target).await?, &wanted) {
            return Ok(profile);
        }
        let recent = self.recent_profiles(version, target).await?;
        resolve(&recent, &wanted).ok_or(CatalogError::UnsupportedProfile(wanted))
    }
}

/// The profile `wanted` names: itself, a device that says so, or the only one there is.
fn resolve(profiles: &TargetProfiles, wanted: &str) -> Option<ProfileName> {
    let only = || {
        let first = profiles.profiles.keys().next();
        first.filter(|id| profiles.profiles.len() == 1 && *id == "generic")
    };
    let found = profiles
        .named(wanted)
        .or_else(|| only().map(String::as_str));
    found.and_then(|id| id.parse().ok())
}

/// Sorted, unique packages. A name that is also removed is left out, as the ImageBuilder does.
fn selection(request: &BuildRequest) -> Vec<PackageSpec> {
    let versioned = request.packages_versions.keys();
    let wanted: BTreeSet<&PackageSpec> = match versioned.len() {
        0 => request.packages.iter().collect(),
        _ => versioned.collect(),
    };
    let removed: BTreeSet<&str> = wanted
        .iter()
        .filter(|spec| spec.is_removal())
        .map(|spec| spec.package())
        .collect();
    let stays = |spec: &&&PackageSpec| spec.is_removal() || !removed.contains(spec.package());
    wanted
        .iter()
        .filter(stays)
        .map(|spec| (*spec).clone())
        .collect()
}

fn underscored(name: &str) -> String {
    name.replace(',', "_")
}
