//! A package as apk sees it: an entry of an index with its relations taken apart.

use std::fmt;

use asu_test_adb::Package as Entry;

use super::version;

/// A package that could be installed.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) entry: Entry,
    pub(super) depends: Vec<Relation>,
    pub(super) provides: Vec<Relation>,
    /// The address of the folder its file is in.
    pub(super) folder: String,
}

/// A name with an optional version constraint, perhaps forbidden.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) is_forbidden: bool,
    /// `<`, `>=`, …; empty if any version will do.
    signs: String,
    pub(super) version: String,
}

impl Package {
    pub(super) fn new(entry: Entry, folder: &str) -> Self {
        let relations = |texts: &[String]| texts.iter().map(|text| Relation::read(text)).collect();
        Self {
            depends: relations(&entry.depends),
            provides: relations(&entry.provides),
            entry,
            folder: folder.to_owned(),
        }
    }

    /// What the relation can mean by this package, if it is satisfied by it.
    pub(super) fn satisfies(&self, relation: &Relation) -> Option<Claim> {
        if self.entry.name == relation.name {
            return relation.admits(&self.entry.version).then_some(Claim::Own);
        }
        let provided = self.provides.iter().filter(|p| p.name == relation.name);
        let claim = |provided: &Relation| match &*provided.version {
            "" => relation.signs.is_empty().then_some(Claim::Shared),
            version => relation.admits(version).then_some(Claim::Provided),
        };
        provided.filter_map(claim).min()
    }

    /// Whether it is, or provides, the name in some version.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        self.entry.name == name || self.provides.iter().any(|provided| provided.name == name)
    }

    /// The names that only one installed package can have: its own, and those provided with a version.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = (&*self.entry.name, &*self.entry.version);
        let provided = self.provides.iter().filter(|p| !p.version.is_empty());
        std::iter::once(own).chain(provided.map(|p| (&*p.name, &*p.version)))
    }

    /// The name of its file.
    pub(super) fn file_name(&self) -> String {
        format!("{self}.apk")
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.entry.name, self.entry.version)
    }
}

/// By what a package satisfies a relation, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Its name.
    Own,
    /// A name that it provides with a version.
    Provided,
    /// A name that many may provide.
    Shared,
}

impl Relation {
    pub(super) fn read(text: &str) -> Self {
        let is_sign = |c: char| "<>=~".contains(c);
        let rest = text.trim_start_matches('!');
        let (name, constraint) = rest.split_at(rest.find(is_sign).unwrap_or(rest.len()));
        let version = constraint.trim_start_matches(is_sign);
        Self {
            name: name.to_owned(),
            is_forbidden: rest.len() < text.len(),
            signs: constraint[..constraint.len() - version.len()].to_owned(),
            version: version.to_owned(),
        }
    }

    fn admits(&self, version: &str) -> bool {
        self.signs.is_empty() || version::satisfies(version, &self.signs, &self.version)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_forbidden { "!" } else { "" };
        write!(f, "{mark}{}{}{}", self.name, self.signs, self.version)
    }
}
