//! What a transformation answers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What becomes of the installed packages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Transformed {
    /// Every installed package, with what becomes of it.
    pub packages: BTreeMap<String, Outcome>,
    /// What the device needs in addition.
    pub added: Vec<Added>,
    /// What a person may choose instead, by installed package.
    pub offered: BTreeMap<String, Vec<Offer>>,
}

/// What becomes of one installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// No rule speaks of it. Whether the new release has it, its index says.
    Kept,
    /// Others stand in for it.
    Replaced {
        /// Their names in the wanted version.
        by: Vec<String>,
        /// The rules that led there, oldest first.
        steps: Vec<AppliedRule>,
    },
    /// Nothing stands in for it.
    Dropped {
        /// The rules that led there, oldest first.
        steps: Vec<AppliedRule>,
    },
}

/// A rule, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedRule {
    /// The distribution whose rule it is: a child's packages obey its parent's rules as well.
    pub distribution: String,
    /// The version it belongs to.
    pub version: String,
    /// The package before.
    pub from: String,
    /// The packages after; none if it was dropped.
    pub to: Vec<String>,
    /// Why, in words for the router's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A package that was not installed and is needed from a version on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Added {
    /// Its name in the wanted version.
    pub package: String,
    /// The distribution whose rule it is.
    pub distribution: String,
    /// The version that needs it first.
    pub version: String,
    /// Why, in words for the router's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A package to choose instead of what the rules chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its name in the wanted version.
    pub package: String,
    /// The version whose rule names it.
    pub version: String,
    /// What speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Transformed {
    /// The packages to ask the wanted version for.
    pub fn wanted(&self) -> BTreeSet<&str> {
        let kept = self
            .packages
            .iter()
            .flat_map(|(name, outcome)| match outcome {
                Outcome::Kept => vec![name.as_str()],
                Outcome::Replaced { by, .. } => by.iter().map(String::as_str).collect(),
                Outcome::Dropped { .. } => Vec::new(),
            });
        let added = self.added.iter().map(|added| added.package.as_str());
        kept.chain(added).collect()
    }
}
