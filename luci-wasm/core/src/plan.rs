//! What an upgrade would change, package by package, and what a person wants changed about that.
//!
//! Plans come from the server (`POST /api/v1/plan`); where it makes none, the view makes a simpler
//! one itself ([`own`]). Both have the same form, so there is one page for both.

mod checks;
mod fit;
mod names;
mod options;
pub mod own;
mod reasons;

use std::collections::BTreeMap;

use asu_protocol::plan::{
    Choice, Fate, PackageChange, PlanProblem, PlannedRelease, SizeEstimate, Warning,
};

use crate::json::Json;
use crate::offer::Channel;
use crate::order::{contains, insert};

pub(crate) use fit::Space;
pub(crate) use names::{is_name, nearest, suggestions};
pub(crate) use options::{Limits, Preset};

/// What would happen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The profile that will be built; empty if unknown.
    pub profile: String,
    /// The release installed.
    pub from: PlannedRelease,
    /// The release planned for.
    pub to: PlannedRelease,
    /// Why this release.
    pub because: String,
    /// Every package concerned, by name.
    pub changes: Vec<PackageChange>,
    /// Everything in the new image with its version; empty if unknown.
    pub install: BTreeMap<String, String>,
    /// Where one of several packages had to be taken.
    pub choices: Vec<Choice>,
    /// What to know before going on.
    pub warnings: Vec<Warning>,
    /// How large it will be; absent if unknown.
    pub size: Option<SizeEstimate>,
    /// The request that builds it, as the server wants it back.
    pub request: Option<Json>,
    /// Whether the view made this plan itself.
    pub is_own: bool,
}

/// The outcome of a question: a plan, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It can be done like this.
    Plan(Box<Plan>),
    /// It cannot, for these reasons.
    Problems(Vec<PlanProblem>),
}

/// One change of the question, picked by a person from what was offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// For a person: `Do without htop`.
    pub text: String,
    /// Packages wanted besides.
    pub add: Vec<String>,
    /// Packages not wanted any more.
    pub remove: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// The release wanted.
    pub(crate) version: String,
    /// The channel it was chosen from.
    pub(crate) channel: Channel,
    /// The root filesystem wanted; empty: the router's own.
    pub(crate) filesystem: String,
    /// The size of the system partition, MiB; 0: what the server makes.
    pub(crate) partition: u64,
    /// In the order they were picked.
    pub(crate) wishes: Vec<Wish>,
    /// Whether older releases and packages are fine.
    pub(crate) allow_downgrade: bool,
}

impl Question {
    /// All packages to add and all to remove; of two wishes about one package, the later counts.
    pub(crate) fn packages(&self) -> (Vec<String>, Vec<String>) {
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for wish in &self.wishes {
            settle(&wish.remove, &mut remove, &mut add);
            settle(&wish.add, &mut add, &mut remove);
        }
        (add, remove)
    }
}

fn settle(names: &[String], into: &mut Vec<String>, from: &mut Vec<String>) {
    for name in names {
        from.retain(|other| other != name);
        insert(into, name.clone(), Ord::cmp);
    }
}

impl Plan {
    /// The packages with this fate, without those shown already as what replaces others.
    pub fn with(&self, fate: Fate) -> Vec<(usize, &PackageChange)> {
        self.changes
            .iter()
            .enumerate()
            .filter(|(_, change)| change.fate == fate && !self.is_replacement(change))
            .collect()
    }

    fn is_replacement(&self, change: &PackageChange) -> bool {
        change.fate == Fate::Added
            && self
                .changes
                .iter()
                .any(|other| contains(&other.by, &change.name))
    }

    /// Whether a package is in the new image.
    pub(crate) fn has(&self, name: &str) -> bool {
        let stays = |change: &PackageChange| match change.fate {
            Fate::Dropped => false,
            Fate::Replaced => contains(&change.by, name),
            _ => change.name == name,
        };
        self.install.contains_key(name) || self.changes.iter().any(stays)
    }

    /// How many packages have this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.with(fate).len()
    }

    /// The version a package will have, as far as the plan tells.
    pub fn new_version<'a>(&'a self, name: &str) -> Option<&'a str> {
        let added = self.changes.iter().find(|change| change.name == name);
        added
            .and_then(|change| change.new.as_deref())
            .or_else(|| self.install.get(name).map(String::as_str))
    }

    /// Whether the plan goes on only if somebody agrees.
    pub fn needs_consent(&self) -> bool {
        self.warnings.iter().any(|warning| warning.needs_consent)
    }
}

/// A package of which nothing is said yet.
pub(crate) fn blank(name: &str, fate: Fate) -> PackageChange {
    PackageChange {
        name: name.to_owned(),
        fate,
        old: None,
        new: None,
        by: Vec::new(),
        reason: String::new(),
        alternatives: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
