//! What a loaded distribution answers.

use std::cmp::Ordering;
use std::sync::Arc;

use asu_protocol::overview::PackageChange;
use asu_protocol::release;
use wildmatch::WildMatch;

use crate::release_keys::{ApkKey, UsignKey};
use crate::schema::{
    At, Branch, Change, Channel, File, Flavour, PackageSet, Repository, Rule, Targets,
};
use crate::template::render;

/// A distribution whose file was checked, with its parent.
#[derive(Debug, Clone)]
pub struct Distribution {
    pub(crate) file: File,
    pub(crate) parent: Option<Arc<Distribution>>,
}

/// The release of another distribution that a release is built on.
#[derive(Debug, Clone)]
pub struct ParentRelease<'a> {
    /// Whose ImageBuilder is used.
    pub distribution: &'a Distribution,
    /// Of which version.
    pub version: String,
}

/// A package feed of one version, target and architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name in the ImageBuilder's list.
    pub name: String,
    /// The folder its index (`Packages` or `packages.adb`) lies in, without a final slash.
    pub url: String,
}

impl Distribution {
    /// The fields of the file, checked.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The name requests use.
    pub fn name(&self) -> &str {
        &self.file.name.value
    }

    /// The name people read.
    pub fn title(&self) -> &str {
        self.file.title.as_deref().unwrap_or_else(|| self.name())
    }

    /// Whether requests may call it `name`; case does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        let mut aliases = self.file.aliases.iter();
        self.name().eq_ignore_ascii_case(name)
            || aliases.any(|alias| alias.value.eq_ignore_ascii_case(name))
    }

    /// The distribution this one is built on.
    pub fn parent(&self) -> Option<&Distribution> {
        self.parent.as_deref()
    }

    /// The URL above `releases/`, without a final slash: its own or its parent's.
    pub fn mirror(&self) -> &str {
        match (&self.file.mirror, self.parent()) {
            (Some(mirror), _) => mirror.value.trim_end_matches('/'),
            (None, Some(parent)) => parent.mirror(),
            (None, None) => "",
        }
    }

    /// The branches, oldest first.
    pub fn branches(&self) -> &[Branch] {
        &self.file.branches
    }

    /// The branch `version` belongs to.
    pub fn branch_of(&self, version: &str) -> Option<&Branch> {
        self.file.branch_of(version)
    }

    /// Orders two versions the way they came out.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        self.file.compare(a, b)
    }

    /// The package manager of `version`.
    pub fn flavour(&self, version: &str) -> Option<Flavour> {
        let own = self.branch_of(version)?.package_manager;
        own.or_else(|| {
            let parent = self.parent_of(version)?;
            parent.distribution.flavour(&parent.version)
        })
    }

    /// The channel of `version`; none if it is no longer maintained.
    pub fn channel_of(&self, version: &str) -> Option<Channel> {
        let branch = self.branch_of(version)?;
        if branch.snapshot || version.ends_with("SNAPSHOT") {
            Some(Channel::Snapshot)
        } else if version.contains("-rc") {
            Some(Channel::Testing)
        } else {
            branch.channel
        }
    }

    /// The version a channel is fixed to; if none, upstream's `.versions.json` says.
    pub fn fixed_latest(&self, channel: Channel) -> Option<&str> {
        let mut entries = self.file.channels.iter();
        let entry = entries.find(|entry| entry.channel.value == channel)?;
        Some(&entry.latest.value)
    }

    /// The folder of `version` below the mirror's root, where its ImageBuilders lie.
    pub fn folder(&self, version: &str) -> Option<String> {
        let branch = self.branch_of(version)?;
        match &branch.path {
            Some(path) => {
                let values = [("version", version), ("branch", branch.name.value.as_str())];
                Some(render(&path.value, &values))
            }
            None => {
                let parent = self.parent_of(version)?;
                parent.distribution.folder(&parent.version)
            }
        }
    }

    /// The parent's release that `version` is built on.
    pub fn parent_of(&self, version: &str) -> Option<ParentRelease<'_>> {
        let distribution = self.parent()?;
        let branch = self.branch_of(version)?;
        let version = match (&branch.versions, &branch.parent_version) {
            (Some(_), _) => branch.part_of(version)?.to_owned(),
            (None, parent_version) => parent_version.as_ref()?.value.clone(),
        };
        Some(ParentRelease {
            distribution,
            version,
        })
    }

    /// All feeds of a version, its parent's first.
    pub fn feeds(&self, version: &str, target: &str, arch: &str) -> Vec<Feed> {
        let mut feeds = match self.parent_of(version) {
            Some(parent) => parent.distribution.feeds(&parent.version, target, arch),
            None => Vec::new(),
        };
        feeds.extend(self.own_feeds(version, target, arch));
        feeds
    }

    /// The feeds the distribution adds to its parent's ImageBuilder.
    pub fn own_feeds(&self, version: &str, target: &str, arch: &str) -> Vec<Feed> {
        let Some(branch) = self.branch_of(version) else {
            return Vec::new();
        };
        let repositories = branch
            .repositories
            .as_ref()
            .unwrap_or(&self.file.repositories);
        let mut feeds = Vec::new();
        for repository in repositories {
            if is_for(&repository.branches, branch) {
                feeds.push(self.feed(repository, branch, version, target, arch));
            }
        }
        feeds
    }

    fn feed(
        &self,
        repository: &Repository,
        branch: &Branch,
        version: &str,
        target: &str,
        arch: &str,
    ) -> Feed {
        let parent = self.parent_of(version).map(|parent| parent.version);
        let parent_version = parent.as_deref().unwrap_or_default();
        let (target, subtarget) = target.split_once('/').unwrap_or((target, ""));
        let values = [
            ("mirror", self.mirror()),
            ("folder", &self.folder(version).unwrap_or_default()),
            ("version", version),
            ("branch", branch.name.value.as_str()),
            ("parent_version", parent_version),
            ("parent_branch", release::branch_of(parent_version)),
            ("target", target),
            ("subtarget", subtarget),
            ("arch", arch),
        ];
        Feed {
            name: repository.name.value.clone(),
            url: render(&repository.url.value, &values)
                .trim_end_matches('/')
                .to_owned(),
        }
    }

    /// Who may sign what `version` is made of, the parent's keys included.
    pub fn keys(&self, version: &str) -> (Vec<&UsignKey>, Vec<&ApkKey>) {
        let Some(branch) = self.branch_of(version) else {
            return (Vec::new(), Vec::new());
        };
        let (mut usign, mut apk) = match (self.parent(), self.parent_of(version)) {
            (Some(parent), Some(release)) => parent.keys(&release.version),
            _ => (Vec::new(), Vec::new()),
        };
        let keys = &self.file.keys;
        usign.extend(
            keys.usign
                .iter()
                .filter(|key| is_for(&key.branches, branch)),
        );
        apk.extend(keys.apk.iter().filter(|key| is_for(&key.branches, branch)));
        (usign, apk)
    }

    /// Whether images for `target` are offered of `version`, as far as this file says.
    pub fn offers_target(&self, version: &str, target: &str) -> bool {
        let own = self
            .branch_of(version)
            .and_then(|branch| branch.targets.as_ref());
        let Targets { supported, ignored } = own.unwrap_or(&self.file.targets);
        (supported.is_empty() || any_matches(supported, target)) && !any_matches(ignored, target)
    }

    /// Packages every image gets besides the target's own defaults.
    pub fn vanilla(&self) -> impl Iterator<Item = &str> {
        self.file
            .vanilla
            .iter()
            .map(|package| package.value.as_str())
    }

    /// The flavors of `version`.
    pub fn flavors(&self, version: &str) -> Vec<&PackageSet> {
        self.sets(&self.file.flavors, version)
    }

    /// The network profiles of `version`.
    pub fn network_profiles(&self, version: &str) -> Vec<&PackageSet> {
        self.sets(&self.file.network_profiles, version)
    }

    fn sets<'a>(&self, sets: &'a [PackageSet], version: &str) -> Vec<&'a PackageSet> {
        let Some(branch) = self.branch_of(version) else {
            return Vec::new();
        };
        sets.iter()
            .filter(|set| is_for(&set.branches, branch))
            .collect()
    }

    /// What API v1's overview publishes as the package changes of the branch called `name`.
    ///
    /// A branch has those that were made on the main line before it left, the main line has all.
    /// A split or a choice has no form in API v1; such rules are resolved by the planner alone.
    pub fn package_changes(&self, name: &str) -> Vec<PackageChange> {
        let mut branches = self.file.branches.iter();
        let Some(branch) = branches.find(|branch| branch.name.value == name) else {
            return Vec::new();
        };
        if let Some(parent) = self.parent_of(name) {
            let parent_branch = release::branch_of(&parent.version);
            return parent.distribution.package_changes(parent_branch);
        }
        let steps = self.file.transformations.iter();
        let rules = steps.flat_map(|step| &step.packages);
        let mut changes: Vec<_> = rules.filter_map(published).collect();
        changes.retain(|change| match branch.branch_off_rev {
            Some(limit) => change.revision <= limit,
            None => branch.snapshot,
        });
        changes.sort_by_key(|change| change.revision);
        changes
    }
}

fn published(rule: &Rule) -> Option<PackageChange> {
    let target = match &rule.to.value {
        Change::Drop => None,
        Change::Replace(names) if names.len() == 1 => names.first().cloned(),
        _ => return None,
    };
    Some(PackageChange {
        source: rule.package.value.clone(),
        target,
        revision: rule.revision?,
        mandatory: rule.mandatory,
    })
}

fn is_for(branches: &[At<String>], branch: &Branch) -> bool {
    branches.is_empty() || branches.iter().any(|name| name.value == branch.name.value)
}

/// Whether one of the globs fits.
pub(crate) fn any_matches(globs: &[At<String>], text: &str) -> bool {
    globs
        .iter()
        .any(|glob| WildMatch::new(&glob.value).matches(text))
}
