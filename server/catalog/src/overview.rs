//! Branches, versions and targets together: what `/json/v1/overview.json` says.

use asu_protocol::overview::{Branch, Overview};
use asu_protocol::release::{branch_of, compare};
use futures_util::future::join_all;

use crate::Catalog;
use crate::branches::Entry;
use crate::documents::Versions;
use crate::shelf::is_absent;

impl Catalog {
    /// The branches with their versions, targets and package changes.
    ///
    /// A branch upstream has no version of is left out, as is `SNAPSHOT` on a mirror without
    /// snapshots, and a newest version that is listed but has no targets yet. Snapshots of a release branch (`24.10-SNAPSHOT`) are built when asked for, but
    /// not listed: clients take a branch's first version for its newest release.
    /// `server` is left at its default: what a server allows is not upstream's to say.
    pub async fn overview(&self) -> Overview {
        let versions = self.versions().await;
        let branches = self
            .inner
            .branches
            .iter()
            .map(|branch| self.branch(branch, &versions));
        let branches: Vec<Branch> = join_all(branches).await.into_iter().flatten().collect();
        let offered = |version: &&String| branches.iter().any(|b| b.versions.contains(version));
        Overview {
            latest: versions.latest.iter().filter(offered).cloned().collect(),
            branches: branches
                .into_iter()
                .map(|branch| (branch.name.clone(), branch))
                .collect(),
            upstream_url: self.inner.upstream.clone(),
            ..Overview::default()
        }
    }

    /// The upcoming, the stable and the old stable version, as far as they are offered.
    pub async fn latest(&self) -> Vec<String> {
        self.overview().await.latest
    }

    async fn branch(&self, entry: &Entry, versions: &Versions) -> Option<Branch> {
        let mut branch = self.inner.branches.describe(entry);
        branch.versions = if entry.snapshot {
            vec![entry.snapshot_version()]
        } else {
            of_branch(entry, versions)
        };
        while let Some(newest) = branch.versions.first() {
            match self.targets(&entry.folder(newest)).await {
                Ok(targets) => branch.targets = (*targets).clone(),
                Err(error) if entry.snapshot || is_absent(&error) => {
                    branch.versions.remove(0);
                    continue;
                }
                Err(error) => tracing::warn!(%error, "a version has no known targets"),
            }
            return Some(branch);
        }
        None
    }
}

fn of_branch(entry: &Entry, versions: &Versions) -> Vec<String> {
    let of_this = |version: &&String| branch_of(version) == entry.name;
    let mut names: Vec<String> = versions.all.iter().filter(of_this).cloned().collect();
    names.sort_by(|a, b| compare(b, a));
    names.dedup();
    names
}
