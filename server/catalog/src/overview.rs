//! Branches, versions and targets together: what `/json/v1/overview.json` says.

use asu_protocol::overview::{Branch, Overview};
use asu_protocol::release::{branch_of, compare};
use futures_util::future::join_all;

use crate::documents::Versions;
use crate::shelf::is_absent;
use crate::{Catalog, CatalogError};
use asu_distributions::{Branch as Entry, Channel, Releases};

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
            .distribution()
            .branches()
            .iter()
            .filter(|branch| branch.enabled)
            .map(|branch| self.branch(branch, &versions));
        let branches: Vec<Branch> = join_all(branches).await.into_iter().flatten().collect();
        let offered = |version: &String| branches.iter().any(|b| b.versions.contains(version));
        Overview {
            latest: versions.latest().into_iter().filter(offered).collect(),
            branches: branches
                .into_iter()
                .map(|branch| (branch.name.clone(), branch))
                .collect(),
            upstream_url: self.upstream().to_owned(),
            ..Overview::default()
        }
    }

    /// The releases an upgrade can lead to, by channel.
    ///
    /// Where the distribution's file fixes a channel to a version, that goes before upstream's own
    /// word. Of a distribution made of another's images, each enabled branch is one release.
    pub async fn releases(&self) -> Releases {
        let distribution = self.distribution();
        let upstream = self.versions().await;
        let own = distribution.parent().is_none();
        let enabled = |version: &String| distribution.branch_of(version).is_some_and(|b| b.enabled);
        let names = distribution
            .branches()
            .iter()
            .map(|branch| branch.name.value.clone());
        let all = if own {
            upstream.all.clone()
        } else {
            names.collect()
        };
        let newest = |channel: Channel, upstream: &Option<String>| {
            let fixed = distribution.fixed_latest(channel).map(str::to_owned);
            fixed
                .or_else(|| upstream.clone().filter(|_| own))
                .filter(enabled)
        };
        Releases {
            stable: newest(Channel::Stable, &upstream.stable),
            oldstable: newest(Channel::OldStable, &upstream.oldstable),
            testing: newest(Channel::Testing, &upstream.upcoming),
            snapshot: newest(Channel::Snapshot, &None),
            all: all.into_iter().filter(enabled).collect(),
        }
    }

    /// The upcoming, the stable and the old stable version, as far as they are offered.
    pub async fn latest(&self) -> Vec<String> {
        self.overview().await.latest
    }

    /// Asks upstream now for the releases there are and the targets of the newest ones; answers the
    /// upcoming, the stable and the old stable version.
    pub async fn refresh(&self) -> Result<Vec<String>, CatalogError> {
        let versions = self.recent_versions().await?;
        for version in versions.latest() {
            self.recent_targets(&version).await?;
        }
        Ok(self.latest().await)
    }

    async fn branch(&self, entry: &Entry, versions: &Versions) -> Option<Branch> {
        let name = &entry.name.value;
        let mut branch = Branch {
            name: name.clone(),
            path_packages: "DEPRECATED".to_owned(),
            enabled: true,
            snapshot: entry.snapshot,
            path: entry
                .path
                .as_ref()
                .map(|path| path.value.clone())
                .unwrap_or_default(),
            branch_off_rev: entry.branch_off_rev,
            package_changes: self.distribution().package_changes(name),
            versions: if entry.snapshot {
                vec![name.clone()]
            } else {
                of_branch(name, versions)
            },
            ..Branch::default()
        };
        while let Some(newest) = branch.versions.first() {
            let folder = self.distribution().folder(newest).unwrap_or_default();
            let targets = format!("{folder}/.targets.json");
            match self.site().targets.soon(&targets).await {
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

fn of_branch(branch: &str, versions: &Versions) -> Vec<String> {
    let of_this = |version: &&String| branch_of(version) == branch;
    let mut names: Vec<String> = versions.all.iter().filter(of_this).cloned().collect();
    names.sort_by(|a, b| compare(b, a));
    names.dedup();
    names
}
