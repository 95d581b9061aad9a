//! A package as opkg sees it: a stanza with its relations taken apart.

use crate::format::stanza::Stanza;
use crate::format::version;

/// Where a package file can be had.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In a feed: the address of its folder; the file's name is in the stanza.
    Feed(String),
    /// In a file given on the command line.
    File(String),
}

/// A package that could be installed, or is.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) stanza: Stanza,
    /// Each needs one of its alternatives.
    pub(super) depends: Vec<Vec<Relation>>,
    pub(super) provides: Vec<String>,
    pub(super) conflicts: Vec<String>,
    pub(super) replaces: Vec<String>,
    pub(super) source: Option<Source>,
    /// Whether it is for another architecture and cannot be installed.
    pub(super) is_foreign: bool,
}

/// A name with an optional version constraint.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) name: String,
    operator: String,
    version: String,
}

impl Package {
    pub(super) fn new(stanza: Stanza, source: Option<Source>) -> Self {
        let alternatives = |item: &String| item.split('|').map(Relation::parse).collect();
        let names = |field: &str| {
            let items = stanza.list(field).into_iter();
            items.map(|item| Relation::parse(&item).name).collect()
        };
        Self {
            name: stanza.get("Package").to_owned(),
            version: stanza.get("Version").to_owned(),
            depends: stanza.list("Depends").iter().map(alternatives).collect(),
            provides: names("Provides"),
            conflicts: names("Conflicts"),
            replaces: names("Replaces"),
            stanza,
            source,
            is_foreign: false,
        }
    }

    /// Whether this is, or provides, what the relation names. A provided name has no version of its
    /// own: opkg compares the provider's.
    pub(super) fn satisfies(&self, relation: &Relation) -> bool {
        self.answers_to(&relation.name)
            && version::satisfies(&self.version, &relation.operator, &relation.version)
    }

    /// Whether this is, or provides, the name.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.provides.iter().any(|provided| provided == name)
    }

    /// `libubox` of `libubox20240329`.
    pub(super) fn name_without_abi(&self) -> &str {
        let abi = self.stanza.get("ABIVersion");
        self.name
            .strip_suffix(abi)
            .filter(|base| !base.is_empty())
            .unwrap_or(&self.name)
    }

    /// The dependencies as the status file has them: with a space after the operator.
    pub(super) fn depends_text(&self) -> String {
        let group = |group: &Vec<Relation>| {
            group
                .iter()
                .map(Relation::to_string)
                .collect::<Vec<_>>()
                .join(" | ")
        };
        self.depends
            .iter()
            .map(group)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Relation {
    /// A relation without constraint.
    pub(super) fn to_any(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            operator: String::new(),
            version: String::new(),
        }
    }

    fn parse(text: &str) -> Self {
        let Some((name, constraint)) = text.trim().split_once('(') else {
            return Self::to_any(text.trim());
        };
        let constraint = constraint.trim_end().trim_end_matches(')');
        let version = constraint.trim_start_matches(['<', '>', '=', ' ']);
        let operator = constraint[..constraint.len() - version.len()].trim();
        Self {
            name: name.trim().to_owned(),
            operator: operator.to_owned(),
            version: version.trim().to_owned(),
        }
    }
}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if !self.operator.is_empty() {
            write!(f, " ({} {})", self.operator, self.version)?;
        }
        Ok(())
    }
}
