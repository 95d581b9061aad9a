//! `/json/v1/overview.json`: what a server can build, as ASU's API v1 defines it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The document a client reads first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Overview {
    /// The newest version of each maintained channel, newest first.
    pub latest: Vec<String>,
    /// The branches, by name.
    pub branches: BTreeMap<String, Branch>,
    /// Where packages and release notes come from.
    pub upstream_url: String,
    /// What this server allows.
    pub server: ServerLimits,
}

/// One release branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Branch {
    /// `24.10` or `SNAPSHOT`.
    pub name: String,
    /// Whether images of it are built.
    pub enabled: bool,
    /// Whether it is a development branch.
    pub snapshot: bool,
    /// Folder below the mirror's root; `{version}` stands for the version.
    pub path: String,
    /// Nothing any more, but auc skips a branch that does not have it; ASU says `DEPRECATED`.
    pub path_packages: String,
    /// The revision number at which the branch left the main line; package changes up to it apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_off_rev: Option<u32>,
    /// Packages that were renamed, added or dropped before this branch.
    pub package_changes: Vec<PackageChange>,
    /// The versions, newest first.
    pub versions: Vec<String>,
    /// Target to package architecture.
    pub targets: BTreeMap<String, String>,
}

/// One change of the package set between releases.
///
/// With `target`: `source` was renamed to it or replaced by it. Without: `source` was dropped.
/// Either applies only where `source` is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ReleaseChange))]
pub struct PackageChange {
    /// The package that was there before.
    pub source: String,
    /// The package that stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The revision number at which it happened.
    pub revision: u32,
    /// Whether the default package list changed as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
}

/// What a server allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ServerLimits {
    /// The server software's version.
    pub version: String,
    /// How to reach its operator.
    pub contact: String,
    /// Whether first-boot scripts are built in.
    pub allow_defaults: bool,
    /// URL prefixes of package feeds a request may name.
    pub repository_allow_list: Vec<String>,
    /// Largest root filesystem partition, MiB.
    pub max_custom_rootfs_size_mb: u32,
    /// Longest first-boot script, characters.
    pub max_defaults_length: u32,
    /// The number of the usign key that signs images and answers; nothing where nothing is signed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signing_key: String,
}
