//! What becomes of each package, in words.

use std::collections::BTreeMap;

use asu_distributions::{AppliedRule, Offer, Outcome, Transformed};
use asu_index::Package;
use asu_protocol::name::PackageVersion;
use asu_protocol::plan::{Alternative, Fate, PackageChange};

use crate::closure::Closure;
use crate::selection::{Origin, Selection};
use crate::upgrade::Upgrade;
use crate::versions::fate;

/// What becomes of each installed package, and what comes; sorted by name.
pub(crate) fn changes(
    upgrade: &Upgrade<'_>,
    transformed: &Transformed,
    selection: &Selection,
    closure: &Closure,
) -> Vec<PackageChange> {
    let story = Story {
        told: told_versions(upgrade),
        upgrade,
        transformed,
        selection,
        closure,
    };
    let leaving = transformed
        .packages
        .iter()
        .map(|(name, outcome)| story.of_installed(name, outcome));
    let coming = selection
        .wanted
        .iter()
        .filter_map(|(name, origin)| story.of_new(name, origin));
    let mut changes: Vec<PackageChange> = leaving.chain(coming).collect();
    changes.sort_by(|a, b| a.name.cmp(&b.name).then(a.fate.cmp(&b.fate)));
    changes
}

/// The versions the router tells, by names without ABI version; of several the first.
fn told_versions<'a>(upgrade: &'a Upgrade<'_>) -> BTreeMap<&'a str, Option<&'a PackageVersion>> {
    let mut told = BTreeMap::new();
    for (name, version) in upgrade.from.packages {
        let plain = upgrade.plain(name.as_str());
        told.entry(plain).or_insert(version.as_ref());
    }
    told
}

struct Story<'a> {
    told: BTreeMap<&'a str, Option<&'a PackageVersion>>,
    upgrade: &'a Upgrade<'a>,
    transformed: &'a Transformed,
    selection: &'a Selection,
    closure: &'a Closure,
}

impl Story<'_> {
    fn of_installed(&self, name: &str, outcome: &Outcome) -> PackageChange {
        let mut change = match outcome {
            Outcome::Kept => self.kept(name),
            Outcome::Replaced { by, steps } if self.wanted(by) => PackageChange {
                fate: Fate::Replaced,
                by: by.clone(),
                reason: told(steps),
                ..blank(name)
            },
            Outcome::Replaced { .. } => unwanted(name),
            Outcome::Dropped { steps } => PackageChange {
                reason: told(steps),
                ..blank(name)
            },
        };
        change.old = self.old_version(name);
        let offers = self.transformed.offered.get(name).into_iter().flatten();
        change.alternatives = offers.map(alternative).collect();
        change
    }

    fn kept(&self, name: &str) -> PackageChange {
        if !self.selection.wanted.contains_key(name) {
            return unwanted(name);
        }
        let package = self
            .closure
            .get(name)
            .or_else(|| self.closure.provider(name));
        let Some(package) = package else {
            // The ImageBuilder brings it along, and no index tells its version.
            return PackageChange {
                fate: Fate::Kept,
                ..blank(name)
            };
        };
        PackageChange {
            fate: self.compared(name, package),
            new: Some(package.version.clone()),
            reason: provided_by(name, package),
            ..blank(name)
        }
    }

    fn of_new(&self, name: &str, origin: &Origin) -> Option<PackageChange> {
        let reason = match origin {
            Origin::Installed | Origin::Present => return None,
            // Installed already, and a rule names it for another package as well.
            Origin::Instead(_) | Origin::Rule(_)
                if self.transformed.packages.contains_key(name) =>
            {
                return None;
            }
            Origin::Instead(old) => format!("takes the place of {}", old.join(" and ")),
            Origin::Rule(reason) => reason.clone(),
            Origin::Default => format!(
                "part of every {} image for this device",
                self.upgrade.to.version
            ),
            Origin::Asked => "asked for".to_owned(),
        };
        let package = self
            .closure
            .get(name)
            .or_else(|| self.closure.provider(name));
        Some(PackageChange {
            fate: Fate::Added,
            new: package.map(|package| package.version.clone()),
            reason,
            ..blank(name)
        })
    }

    fn compared(&self, name: &str, package: &Package) -> Fate {
        let Some(old) = self.old_version(name) else {
            return Fate::Kept;
        };
        let new = self.upgrade.to.flavour;
        // An unknown release is told by the look of its versions, which is apk's since 24.10.
        let before = self
            .upgrade
            .from
            .release
            .map_or(new, |release| release.flavour);
        fate((&old, before), (&package.version, new))
    }

    /// The version the router tells, or the one its release has.
    fn old_version(&self, name: &str) -> Option<String> {
        let from = &self.upgrade.from;
        let told = self.told.get(name)?;
        let listed = || {
            let release = from.release?;
            let package = release.universe.best(release.index_name(name))?;
            Some(package.version.clone()).filter(|version| !version.is_empty())
        };
        told.map(|version| version.as_ref().to_owned())
            .or_else(listed)
    }

    fn wanted(&self, names: &[String]) -> bool {
        names
            .iter()
            .any(|name| self.selection.wanted.contains_key(name))
    }
}

fn unwanted(name: &str) -> PackageChange {
    PackageChange {
        reason: "not wanted any more".to_owned(),
        ..blank(name)
    }
}

fn blank(name: &str) -> PackageChange {
    PackageChange {
        name: name.to_owned(),
        fate: Fate::Dropped,
        old: None,
        new: None,
        by: Vec::new(),
        reason: String::new(),
        alternatives: Vec::new(),
    }
}

fn provided_by(name: &str, package: &Package) -> String {
    if package.name == name || package.plain_name() == name {
        String::new()
    } else {
        format!("provided by {}", package.name)
    }
}

/// The last rule has the last word; the ones before it tell how it came to that.
fn told(steps: &[AppliedRule]) -> String {
    let one = |rule: &AppliedRule| match &rule.note {
        Some(note) => format!("since {}: {note}", rule.version),
        None if rule.to.is_empty() => format!("{} is gone since {}", rule.from, rule.version),
        None => format!(
            "{} became {} in {}",
            rule.from,
            rule.to.join(" and "),
            rule.version
        ),
    };
    let texts: Vec<String> = steps.iter().map(one).collect();
    texts.join("; ")
}

fn alternative(offer: &Offer) -> Alternative {
    Alternative {
        name: offer.package.clone(),
        note: offer.note.clone().unwrap_or_default(),
    }
}
