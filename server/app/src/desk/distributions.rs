//! The distributions with their releases, as the 2017 API lists them.

use asu_catalog::Catalog;
use asu_distributions::{Distribution, PackageSet};
use asu_http::{OfferedDistribution, OfferedRelease, OfferedSet};
use asu_protocol::name::VersionName;

/// All distributions that are known here.
pub(super) async fn offered(catalog: &Catalog) -> Vec<OfferedDistribution> {
    let mut all = Vec::new();
    for distribution in catalog.distributions().iter() {
        if let Ok(catalog) = catalog.of(distribution.name()) {
            all.push(described(&catalog).await);
        }
    }
    all
}

/// What a board of any older release is called in `version`.
pub(super) fn board_in(distribution: &Distribution, version: &VersionName, board: &str) -> String {
    let oldest = distribution.branches().first();
    match oldest {
        Some(oldest) => {
            distribution.rename_board(oldest.name.value.as_str(), version.as_str(), board)
        }
        None => board.to_owned(),
    }
}

async fn described(catalog: &Catalog) -> OfferedDistribution {
    let distribution = catalog.distribution();
    let file = distribution.file();
    OfferedDistribution {
        name: distribution.name().to_owned(),
        title: distribution.title().to_owned(),
        aliases: file.aliases.iter().map(|name| name.value.clone()).collect(),
        latest: catalog.channels().await.stable,
        releases: releases(catalog).await,
        network_profiles: file.network_profiles.iter().map(set).collect(),
    }
}

/// The releases of the branches that are built, newest first.
async fn releases(catalog: &Catalog) -> Vec<OfferedRelease> {
    let branches = catalog.overview().await.branches.into_values();
    let of_branch = |branch: asu_protocol::overview::Branch| {
        let targets: Vec<String> = branch.targets.into_keys().collect();
        let versions = branch.versions.into_iter();
        versions.map(move |version| OfferedRelease {
            version,
            snapshot: branch.snapshot,
            targets: targets.clone(),
        })
    };
    let mut releases: Vec<OfferedRelease> = branches.flat_map(of_branch).collect();
    let distribution = catalog.distribution();
    releases.sort_by(|a, b| distribution.compare(&b.version, &a.version));
    releases
}

fn set(set: &PackageSet) -> OfferedSet {
    OfferedSet {
        name: set.name.value.clone(),
        description: set.description.clone().unwrap_or_default(),
        packages: set.packages.iter().map(|name| name.value.clone()).collect(),
    }
}
