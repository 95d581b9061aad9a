//! The feeds and keys of a version.

use asu_protocol::release;

use crate::distribution::{Distribution, is_for};
use crate::release_keys::{ApkKey, UsignKey};
use crate::schema::{Branch, Repository};
use crate::template::render;

/// A package feed of one version, target and architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name in the ImageBuilder's list.
    pub name: String,
    /// The folder its index (`Packages` or `packages.adb`) lies in, without a final slash.
    pub url: String,
}

impl Distribution {
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
}
