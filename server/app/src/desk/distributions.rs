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
        latest: catalog.releases().await.stable,
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
        files: set.files(),
    }
}

#[cfg(test)]
mod tests {
    use asu_distributions::Distributions;

    use super::*;

    #[test]
    fn a_board_of_an_old_release_is_known_by_its_new_name() {
        let all = Distributions::from_texts(&[(
            "a.yml",
            "name: a\nmirror: https://a.example\nbranches:\n  \
             - { name: '1.0', package_manager: opkg, path: 'releases/{version}' }\n  \
             - { name: '2.0', package_manager: opkg, path: 'releases/{version}' }\n\
             transformations:\n  - { version: '2.0', boards: { old: new } }\n",
        )])
        .unwrap();
        let a = all.get("a").unwrap();
        let named = |version: &str, board: &str| board_in(a, &version.parse().unwrap(), board);
        assert_eq!(named("2.0.1", "old"), "new");
        assert_eq!(named("2.0.1", "other"), "other");
        assert_eq!(named("1.0.1", "old"), "old");
    }
}
