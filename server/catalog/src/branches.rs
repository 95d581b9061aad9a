//! The branches this server builds and the package changes between them, from `branches.json`.
//!
//! The file is data, so that a new release branch or a renamed package needs no change of code.
//! Its facts are OpenWrt's: the revision numbers are those of the commits that branched off or
//! changed the package, and are the ones ASU publishes in its overview.

use asu_protocol::overview::{Branch, PackageChange};
use asu_protocol::release::branch_of;
use serde::Deserialize;

use crate::CatalogError;

const COMMITTED: &str = include_str!("../branches.json");

/// All branches, with every package change known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Branches {
    branches: Vec<Entry>,
    package_changes: Vec<PackageChange>,
}

/// One branch as the file describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// `24.10` or `SNAPSHOT`.
    pub(crate) name: String,
    /// Folder below the mirror's root; `{version}` stands for the version.
    pub(crate) path: String,
    /// The revision number at which the branch left the main line; absent on the main line.
    pub(crate) branch_off_rev: Option<u32>,
    /// Whether it is a development branch.
    #[serde(default)]
    pub(crate) snapshot: bool,
}

impl Branches {
    /// The branches committed with this crate.
    pub(crate) fn committed() -> Result<Self, CatalogError> {
        serde_json::from_str(COMMITTED).map_err(|error| CatalogError::Cache {
            path: "branches.json".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The branch `version` belongs to.
    pub(crate) fn of(&self, version: &str) -> Option<&Entry> {
        let name = branch_of(version);
        self.branches.iter().find(|branch| branch.name == name)
    }

    /// All branches, in the file's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.branches.iter()
    }

    /// The overview's form of a branch, without versions and targets.
    pub(crate) fn describe(&self, branch: &Entry) -> Branch {
        Branch {
            name: branch.name.clone(),
            enabled: true,
            snapshot: branch.snapshot,
            path: branch.path.clone(),
            branch_off_rev: branch.branch_off_rev,
            package_changes: self.changes_before(branch.branch_off_rev),
            ..Branch::default()
        }
    }

    fn changes_before(&self, revision: Option<u32>) -> Vec<PackageChange> {
        let applies =
            |change: &&PackageChange| revision.is_none_or(|limit| change.revision <= limit);
        self.package_changes
            .iter()
            .filter(applies)
            .cloned()
            .collect()
    }
}

impl Entry {
    /// The folder of one of the branch's versions below the mirror's root.
    pub(crate) fn folder(&self, version: &str) -> String {
        self.path.replace("{version}", version)
    }

    /// The name of the branch's development version: `SNAPSHOT` or `24.10-SNAPSHOT`.
    pub(crate) fn snapshot_version(&self) -> String {
        if self.snapshot {
            self.name.clone()
        } else {
            format!("{}-SNAPSHOT", self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_publishes_the_changes_made_before_it_left_the_main_line() {
        let branches = Branches::committed().unwrap();
        let names = |version: &str| -> Vec<String> {
            let branch = branches.describe(branches.of(version).unwrap());
            branch
                .package_changes
                .into_iter()
                .map(|change| change.source)
                .collect()
        };
        assert_eq!(names("22.03.7"), ["firewall"]);
        assert!(names("24.10.2").contains(&"auc".to_owned()));
        assert!(!names("24.10.2").contains(&"opkg".to_owned()));
        assert_eq!(names("SNAPSHOT").len(), 9);
    }

    #[test]
    fn folders() {
        let branches = Branches::committed().unwrap();
        assert_eq!(
            branches.of("24.10.2").unwrap().folder("24.10.2"),
            "releases/24.10.2"
        );
        assert_eq!(
            branches.of("SNAPSHOT").unwrap().folder("SNAPSHOT"),
            "snapshots"
        );
        assert!(branches.of("1.2.3").is_none());
    }
}
