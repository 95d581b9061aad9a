//! The distributions a server offers, as the 2017 API lists them.

use std::collections::BTreeMap;

use asu_protocol::name::FilePath;
use serde::Serialize;

/// A distribution with its releases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferedDistribution {
    /// The name requests use: `openwrt`.
    pub name: String,
    /// The name people read: `OpenWrt`.
    pub title: String,
    /// Other names requests may use.
    pub aliases: Vec<String>,
    /// The newest stable release.
    pub latest: Option<String>,
    /// The releases images are built of, newest first.
    pub releases: Vec<OfferedRelease>,
    /// The package sets of communities.
    pub network_profiles: Vec<OfferedSet>,
}

/// A release images are built of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferedRelease {
    /// `24.10.2` or `SNAPSHOT`.
    pub version: String,
    /// Whether it changes from day to day.
    pub snapshot: bool,
    /// The targets of its branch, as far as they are known.
    pub targets: Vec<String>,
}

/// A named package set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfferedSet {
    /// The name requests use: `libremesh/encrypt-11s`.
    pub name: String,
    /// What a person reads about it; may be empty.
    pub description: String,
    /// Packages to install; with a leading `-`, default packages to leave out.
    pub packages: Vec<String>,
    /// Files to add to the image: their texts.
    pub files: BTreeMap<FilePath, String>,
}

impl OfferedDistribution {
    /// Whether requests may call it `name`; case does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        let mut names = std::iter::once(&self.name).chain(&self.aliases);
        names.any(|known| known.eq_ignore_ascii_case(name))
    }
}
