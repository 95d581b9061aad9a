//! One package as every index describes it, whatever the package manager.

use serde::Serialize;

/// The package manager of a release, which decides formats, version order and the rules of choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// opkg: releases up to 24.10.
    Opkg,
    /// apk-tools 3: releases since 25.12.
    Apk,
}

/// A package in an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The name in the index, ABI suffix included: `libubox20240329`.
    pub name: String,
    /// The version, in the grammar of the index's package manager.
    pub version: String,
    /// The architecture: `mips_24kc`, `all` (opkg), `noarch` (apk).
    pub arch: String,
    /// All of these must be satisfied; conflicts that apk writes as `!name` are in `conflicts`.
    pub depends: Vec<Dependency>,
    /// None of these may be installed beside it.
    pub conflicts: Vec<Relation>,
    /// What it stands in for, besides its own name.
    pub provides: Vec<Provided>,
    /// apk: installed by itself once all of these are (`install-if`).
    pub install_if: Vec<Relation>,
    /// Packages whose files it may overwrite.
    pub replaces: Vec<Relation>,
    /// apk: which provider of an unversioned name is taken, highest first; 0 where none is named.
    pub provider_priority: u32,
    /// The ABI version that is part of the name (`ABIVersion`, or apk's tag `openwrt:abiversion`).
    pub abi_version: Option<String>,
    /// Bytes of the package file; 0 where the index does not say.
    pub size: u64,
    /// Bytes on the root filesystem, uncompressed; 0 where the index does not say.
    pub installed_size: u64,
    /// The package file, relative to the index; apk's is derived from name and version.
    pub filename: String,
    /// SHA-256, hex: of the package file (opkg), of its ADB block (apk).
    pub sha256: String,
    /// One line for people.
    pub description: String,
    /// opkg: links this package offers to own, of which the highest priority is made.
    pub alternatives: Vec<Alternative>,
    /// opkg: must not be removed.
    pub is_essential: bool,
}

/// A link several packages can own, as opkg's field `Alternatives` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// The package that offers the highest gets the link.
    pub priority: i32,
    /// The link: `/sbin/ip`.
    pub path: String,
    /// What it would point to: `/sbin/ip-full`.
    pub target: String,
}

/// One requirement: satisfied by any of its relations. apk writes one, opkg `a | b`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency(pub Vec<Relation>);

/// A name, optionally of certain versions only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Relation {
    /// A package's name, or a name it provides.
    pub name: String,
    /// Which versions count; any where absent.
    pub constraint: Option<Constraint>,
}

/// Which versions count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Constraint {
    /// How `version` is compared.
    pub operator: Operator,
    /// The version compared with.
    pub version: String,
}

/// How versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Operator {
    /// `<` (opkg: `<<`).
    Less,
    /// `<=`.
    LessOrEqual,
    /// `=`.
    Equal,
    /// `>=`.
    GreaterOrEqual,
    /// `>` (opkg: `>>`).
    Greater,
    /// apk's `~`: the version begins with these parts.
    Fuzzy,
    /// apk's `<~`: less than, or begins with these parts.
    FuzzyLess,
    /// apk's `>~`: greater than, or begins with these parts.
    FuzzyGreater,
}

/// A name a package stands in for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Provided {
    /// The name.
    pub name: String,
    /// The version provided; without one, apk never takes the package for the name alone.
    pub version: Option<String>,
}

impl Package {
    /// The name without its ABI version, as requests and clients know it.
    ///
    /// Follows OpenWrt's `make-index-json.py`, for both package managers: the suffix is cut only
    /// where the name really ends with it (`-0` from `libsq3-0`), and never leaves an empty name.
    pub fn plain_name(&self) -> &str {
        let Some(abi) = self.abi_version.as_deref().filter(|abi| !abi.is_empty()) else {
            return &self.name;
        };
        match self.name.strip_suffix(abi) {
            Some(plain) if !plain.is_empty() => plain,
            _ => &self.name,
        }
    }
}
