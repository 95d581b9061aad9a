//! The fields of a distribution's file, as `docs/distributions.md` describes them to operators.
//!
//! A value that a person may get wrong is [`At`] its place in the file, so that errors found after
//! parsing point there as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

pub use crate::choice::{Change, Choice, When};
use crate::release_keys::ReleaseKeys;
pub use crate::steps::{Addition, ChoiceNote, Compat, LanguagePack, Rename, Rule, Step};

/// A value with the line and column it was read from.
pub type At<T> = Spanned<T>;

/// A whole file: one distribution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The name requests use: `openwrt`.
    pub name: At<String>,
    /// The name people read: `OpenWrt`.
    pub title: Option<String>,
    /// Other names requests may use for it.
    #[serde(default)]
    pub aliases: Vec<At<String>>,
    /// The URL above the mirror's `releases/`. A child without one uses its parent's.
    pub mirror: Option<At<String>>,
    /// The distribution whose ImageBuilders, feeds and renames this one builds on.
    pub parent: Option<At<String>>,
    /// Who may sign `sha256sums` and package indexes.
    #[serde(default)]
    pub keys: ReleaseKeys,
    /// Channels that say more about themselves than their branches do.
    #[serde(default)]
    pub channels: Vec<ChannelEntry>,
    /// The branches, oldest first: this is the order in which they came out.
    pub branches: Vec<Branch>,
    /// Package feeds of branches that name none themselves.
    #[serde(default)]
    pub repositories: Vec<Repository>,
    /// Which targets are offered.
    #[serde(default)]
    pub targets: Targets,
    /// Packages every image gets besides the target's own defaults.
    #[serde(default)]
    pub vanilla: Vec<At<String>>,
    /// Named package sets to choose from.
    #[serde(default)]
    pub flavors: Vec<PackageSet>,
    /// Packages of communities: what a network's nodes need to join it.
    #[serde(default)]
    pub network_profiles: Vec<PackageSet>,
    /// What became of packages and boards, release by release.
    #[serde(default)]
    pub transformations: Vec<Step>,
}

/// A release branch.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// `24.10` or `SNAPSHOT`.
    pub name: At<String>,
    /// How the branch's versions are spelt, if not `24.10.…`: `master-ow{parent_version}`.
    pub versions: Option<At<String>>,
    /// Folder below the mirror's root; `{version}` stands for the version.
    pub path: Option<At<String>>,
    /// The revision number at which the branch left the main line; absent on the main line.
    pub branch_off_rev: Option<u32>,
    /// Whether it is a development branch.
    #[serde(default)]
    pub snapshot: bool,
    /// Whether images of it are built. A branch that is off is still one to upgrade from.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The package manager; a child's branch may leave it to its parent's.
    pub package_manager: Option<Flavour>,
    /// The channel of its releases; release candidates are `testing`, snapshots `snapshot`.
    pub channel: Option<Channel>,
    /// The parent's version this branch is built on, where `versions` does not tell.
    pub parent_version: Option<At<String>>,
    /// Feeds of this branch, instead of the distribution's.
    pub repositories: Option<Vec<Repository>>,
    /// Targets of this branch, instead of the distribution's.
    pub targets: Option<Targets>,
}

/// A package manager with its index format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// `Packages`, `.ipk`, usign.
    Opkg,
    /// `packages.adb`, `.apk`, keys in PEM.
    Apk,
}

/// What a user subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The newest release.
    Stable,
    /// The release before, still maintained.
    OldStable,
    /// Release candidates.
    Testing,
    /// Development builds.
    Snapshot,
}

/// A channel with a version that does not follow upstream's `.versions.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelEntry {
    /// Which channel.
    pub channel: At<Channel>,
    /// The version it offers.
    pub latest: At<String>,
}

/// A package feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Its name in the ImageBuilder's list.
    pub name: At<String>,
    /// The folder its index lies in, with placeholders.
    pub url: At<String>,
    /// The branches that have it; all if none is named.
    #[serde(default)]
    pub branches: Vec<At<String>>,
}

/// Which targets are offered. Both lists hold globs such as `ath79/*`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// These only; all of upstream's if empty.
    #[serde(default)]
    pub supported: Vec<At<String>>,
    /// But not these.
    #[serde(default)]
    pub ignored: Vec<At<String>>,
}

/// A named package set: a flavor or a network profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSet {
    /// The name requests use: `lime_mini`, `libremesh/encrypt-11s`.
    pub name: At<String>,
    /// What a person reads about it.
    pub description: Option<String>,
    /// Packages to install; with a leading `-`, default packages to leave out.
    pub packages: Vec<At<String>>,
    /// The branches that have it; all if none is named.
    #[serde(default)]
    pub branches: Vec<At<String>>,
    /// Files that a network profile adds to the image, by their paths below its root: their texts.
    #[serde(default)]
    pub files: BTreeMap<String, At<String>>,
}

fn yes() -> bool {
    true
}
