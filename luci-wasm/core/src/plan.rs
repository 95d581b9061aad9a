//! What an upgrade would change, package by package, and the request that follows from it.

use std::collections::BTreeMap;

use asu_protocol::overview::{Branch, PackageChange};
use asu_protocol::profiles::Image;

use crate::order::{contains, insert};

/// `/json/v1/{path}/targets/{target}/{profile}.json`: one profile with its target's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileDocument {
    /// The profile's name; empty where the server does not know the profile.
    pub id: String,
    /// Packages every image of the target has.
    pub default_packages: Vec<String>,
    /// Packages of the device; a leading `-` removes a default.
    pub device_packages: Vec<String>,
    /// The revision of the release.
    pub version_code: String,
    /// The files upstream built.
    pub images: Vec<Image>,
}

impl ProfileDocument {
    /// The packages of a stock image.
    pub fn defaults(&self) -> Vec<&str> {
        let listed = || self.default_packages.iter().chain(&self.device_packages);
        let is_removed = |name: &str| listed().any(|other| other.strip_prefix('-') == Some(name));
        let kept = listed()
            .map(String::as_str)
            .filter(|name| !name.starts_with('-') && !is_removed(name));
        kept.collect()
    }
}

/// What happens to one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Stays, in the same version.
    Same(String),
    /// Stays, in another version.
    Upgraded {
        /// Installed.
        from: String,
        /// In the new release.
        to: String,
    },
    /// Another package takes its place.
    Replaced {
        /// The other package.
        by: String,
        /// Its version, empty if the index does not say.
        version: String,
    },
    /// Goes, with the reason.
    Dropped(String),
    /// Comes, in this version.
    Added(String),
    /// Wanted, but the release does not have it.
    Missing,
}

/// A package and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The package as it is called on the router (or, if added, in the release).
    pub name: String,
    /// What happens to it.
    pub fate: Fate,
}

/// What is compared to make a plan.
pub struct Sources<'a> {
    /// The version planned for.
    pub version: &'a str,
    /// Installed by the user or the image: name to version.
    pub installed: &'a BTreeMap<String, String>,
    /// The branch of the version.
    pub branch: Option<&'a Branch>,
    /// The profile in the new release.
    pub profile: &'a ProfileDocument,
    /// The profile in the running release, if the server still has it.
    pub old_profile: Option<&'a ProfileDocument>,
    /// All packages of the new release.
    pub available: &'a BTreeMap<String, String>,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The version planned for.
    pub version: String,
    /// Its revision.
    pub revision: String,
    /// Every package concerned, by name.
    pub changes: Vec<Change>,
}

/// Part of every image whatever is asked for, and in no feed.
const ALWAYS: [&str; 3] = ["kernel", "libc", "libgcc"];

/// Compares what is installed with what the new release has.
pub fn plan(sources: &Sources) -> Plan {
    let defaults = sources.profile.defaults();
    let rules = rules(sources.branch);
    let mut changes: Vec<Change> = sources
        .installed
        .iter()
        .map(|(name, version)| Change {
            name: name.clone(),
            fate: fate(sources, &defaults, &rules, name, version),
        })
        .collect();
    for added in additions(sources, &defaults, &changes) {
        insert(&mut changes, added, |a, b| a.name.cmp(&b.name));
    }
    Plan {
        version: sources.version.to_owned(),
        revision: sources.profile.version_code.clone(),
        changes,
    }
}

/// The package changes a branch takes part in, oldest first.
fn rules(branch: Option<&Branch>) -> Vec<&PackageChange> {
    let Some(branch) = branch else {
        return Vec::new();
    };
    let mut rules: Vec<&PackageChange> = Vec::new();
    for change in &branch.package_changes {
        if branch
            .branch_off_rev
            .is_none_or(|last| change.revision <= last)
        {
            let order = |change: &PackageChange| (change.revision, change.source.clone());
            insert(&mut rules, change, |a, b| order(a).cmp(&order(b)));
        }
    }
    rules
}

/// Where the rules lead a package.
#[derive(Debug, PartialEq, Eq)]
enum Way<'a> {
    Stays,
    Becomes(&'a str),
    Goes,
}

/// Follows renames to where they end.
fn follow<'a>(rules: &[&'a PackageChange], name: &str) -> Way<'a> {
    let mut way = Way::Stays;
    for rule in rules {
        let current = match way {
            Way::Stays => name,
            Way::Becomes(renamed) => renamed,
            Way::Goes => break,
        };
        if rule.source == current {
            way = rule.target.as_deref().map_or(Way::Goes, Way::Becomes);
        }
    }
    way
}

fn fate(
    sources: &Sources,
    defaults: &[&str],
    rules: &[&PackageChange],
    name: &str,
    version: &str,
) -> Fate {
    let known = |name: &str| sources.available.get(name);
    match follow(rules, name) {
        Way::Becomes(by) if by != name => Fate::Replaced {
            by: by.to_owned(),
            version: known(by).cloned().unwrap_or_default(),
        },
        Way::Goes => Fate::Dropped(format!("no longer part of OpenWrt {}", sources.version)),
        _ => match known(name) {
            Some(new) if new == version => Fate::Same(version.to_owned()),
            Some(new) => Fate::Upgraded {
                from: version.to_owned(),
                to: new.clone(),
            },
            None if ALWAYS.contains(&name) || contains(defaults, name) => {
                Fate::Same(version.to_owned())
            }
            None if was_default(sources, name) => Fate::Dropped(format!(
                "was preinstalled; {} comes without it",
                sources.version
            )),
            None => Fate::Missing,
        },
    }
}

fn was_default(sources: &Sources, name: &str) -> bool {
    sources
        .old_profile
        .is_some_and(|old| contains(&old.defaults(), name))
}

/// Defaults that are new since the running release. A default that was there before and is not
/// installed was removed on purpose and stays away.
fn additions(sources: &Sources, defaults: &[&str], changes: &[Change]) -> Vec<Change> {
    let Some(old) = sources.old_profile else {
        return Vec::new();
    };
    let old = old.defaults();
    let is_replacement = |name: &str| {
        changes
            .iter()
            .any(|change| matches!(&change.fate, Fate::Replaced { by, .. } if by == name))
    };
    let is_new = |name: &str| {
        !contains(&old, name)
            && !sources.installed.contains_key(name)
            && !is_replacement(name)
            && !ALWAYS.contains(&name)
    };
    defaults
        .iter()
        .filter(|name| is_new(name))
        .map(|name| Change {
            name: (*name).to_owned(),
            fate: Fate::Added(sources.available.get(*name).cloned().unwrap_or_default()),
        })
        .collect()
}

impl Plan {
    /// The packages to ask for, sorted, without those in `left_out`.
    pub fn packages(&self, left_out: &[String]) -> Vec<String> {
        let mut wanted = Vec::new();
        for change in &self.changes {
            let name = match &change.fate {
                Fate::Replaced { by, .. } => by,
                Fate::Dropped(_) => continue,
                // Not in any index, so not in a feed: the image has them anyway.
                Fate::Same(_) if ALWAYS.contains(&change.name.as_str()) => continue,
                _ => &change.name,
            };
            if !contains(left_out, name) {
                insert(&mut wanted, name.clone(), Ord::cmp);
            }
        }
        wanted
    }

    /// The names of wanted packages the release does not have.
    pub fn missing(&self) -> Vec<&str> {
        self.changes
            .iter()
            .filter(|change| change.fate == Fate::Missing)
            .map(|change| change.name.as_str())
            .collect()
    }

    /// How many packages have this kind of fate.
    pub fn count(&self, kind: impl Fn(&Fate) -> bool) -> usize {
        self.changes
            .iter()
            .filter(|change| kind(&change.fate))
            .count()
    }
}

#[cfg(test)]
mod tests;
