//! The view's own plan, for servers that make none: by the renames of API v1 and two package lists.
//!
//! It knows names and versions and nothing else: not which of two versions is older, not what a
//! package needs, not how large it is.

use std::collections::BTreeMap;

use asu_protocol::overview::{self, Branch};
use asu_protocol::plan::{Fate, PackageChange, PlanProblem, PlannedRelease, Remedy};
use asu_protocol::profiles::{Image, defaults};

use super::{Plan, blank, reasons};
use crate::order::{contains, insert};
use crate::words::w;

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
        defaults(&self.default_packages, &self.device_packages)
    }
}

/// What is compared to make a plan.
pub struct Sources<'a> {
    /// The version planned for.
    pub version: &'a str,
    /// Installed by the user or the image: name to version.
    pub installed: &'a BTreeMap<String, String>,
    /// Packages a person can do without, by their old or new name.
    pub removed: &'a [String],
    /// Packages a person wants besides.
    pub added: &'a [String],
    /// The branch of the version.
    pub branch: Option<&'a Branch>,
    /// The profile in the new release.
    pub profile: &'a ProfileDocument,
    /// The profile in the running release, if the server still has it.
    pub old_profile: Option<&'a ProfileDocument>,
    /// All packages of the new release.
    pub available: &'a BTreeMap<String, String>,
}

/// Part of every image whatever is asked for, and in no feed.
const ALWAYS: [&str; 3] = ["kernel", "libc", "libgcc"];

/// Compares what is installed with what the new release has; the error names what it lacks.
pub fn plan(sources: &Sources) -> Result<Plan, Vec<PlanProblem>> {
    let comparison = Comparison {
        sources,
        defaults: sources.profile.defaults(),
        old_defaults: sources.old_profile.map(ProfileDocument::defaults),
        rules: rules(sources.branch),
    };
    let (mut changes, mut missing) = (Vec::new(), Vec::new());
    for (name, version) in sources.installed {
        match comparison.fate(name) {
            Some(change) => changes.push(PackageChange {
                old: Some(version.clone()).filter(|version| !version.is_empty()),
                ..compared(change, version)
            }),
            None => missing.push(name.clone()),
        }
    }
    for name in sources.added {
        if let Some(change) = comparison.wished(name) {
            insert(&mut changes, change, |a, b| a.name.cmp(&b.name));
        } else {
            missing.push(name.clone());
        }
    }
    if !missing.is_empty() {
        return Err(problems(sources.version, &missing));
    }
    for added in comparison.additions(&changes) {
        insert(&mut changes, added, |a, b| a.name.cmp(&b.name));
    }
    Ok(Plan {
        to: PlannedRelease {
            version: sources.version.to_owned(),
            revision: sources.profile.version_code.clone(),
            ..PlannedRelease::default()
        },
        changes,
        is_own: true,
        ..Plan::default()
    })
}

/// The packages of an own plan to ask for, sorted.
pub fn packages(plan: &Plan) -> Vec<String> {
    let mut wanted = Vec::new();
    for change in &plan.changes {
        let names = match change.fate {
            Fate::Dropped => continue,
            Fate::Replaced => change.by.as_slice(),
            // Not in any index, so not in a feed: the image has them anyway.
            _ if ALWAYS.contains(&change.name.as_str()) => continue,
            _ => std::slice::from_ref(&change.name),
        };
        for name in names {
            insert(&mut wanted, name.clone(), Ord::cmp);
        }
    }
    wanted
}

/// Kept, if the version is the same; which of two others is older is the package manager's to say.
fn compared(change: PackageChange, old: &str) -> PackageChange {
    let is_another = change.new.as_deref().is_some_and(|new| new != old);
    let fate = match change.fate {
        Fate::Kept if is_another => Fate::Changed,
        fate => fate,
    };
    PackageChange { fate, ..change }
}

fn problems(version: &str, missing: &[String]) -> Vec<PlanProblem> {
    let remedy = |name: &String| Remedy {
        text: w!("Do without {0}", name),
        add: Vec::new(),
        remove: vec![name.clone()],
        complete: missing.len() == 1,
    };
    let problem = |name: &String| PlanProblem {
        code: "no-such-package".to_owned(),
        text: w!(
            "OpenWrt {0} does not have {1}. Its settings stay on the router if you do without it.",
            version,
            name
        ),
        packages: vec![name.clone()],
        chain: Vec::new(),
        remedies: vec![remedy(name)],
    };
    missing.iter().map(problem).collect()
}

/// The package changes a branch takes part in, oldest first.
pub(crate) fn rules(branch: Option<&Branch>) -> Vec<&overview::PackageChange> {
    let Some(branch) = branch else {
        return Vec::new();
    };
    let mut rules: Vec<&overview::PackageChange> = Vec::new();
    for change in &branch.package_changes {
        if branch
            .branch_off_rev
            .is_none_or(|last| change.revision <= last)
        {
            let order = |change: &overview::PackageChange| (change.revision, change.source.clone());
            insert(&mut rules, change, |a, b| order(a).cmp(&order(b)));
        }
    }
    rules
}

/// Where the rules lead a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way<'a> {
    Stays,
    Becomes(&'a str),
    Goes,
}

/// Follows renames to where they end.
pub(crate) fn follow<'a>(rules: &[&'a overview::PackageChange], name: &str) -> Way<'a> {
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

struct Comparison<'a> {
    sources: &'a Sources<'a>,
    defaults: Vec<&'a str>,
    old_defaults: Option<Vec<&'a str>>,
    rules: Vec<&'a overview::PackageChange>,
}

impl Comparison<'_> {
    /// What becomes of an installed package; nothing if the release lacks it.
    fn fate(&self, name: &str) -> Option<PackageChange> {
        let version = self.sources.version;
        let dropped = |reason: String| PackageChange {
            reason,
            ..blank(name, Fate::Dropped)
        };
        let way = follow(&self.rules, name);
        if self.is_removed(name) || matches!(way, Way::Becomes(by) if self.is_removed(by)) {
            return Some(dropped(w!("left out as you wished").to_owned()));
        }
        match way {
            Way::Becomes(by) if by != name => Some(PackageChange {
                new: self.sources.available.get(by).cloned(),
                by: vec![by.to_owned()],
                reason: reasons::replaced(name, by).to_owned(),
                ..blank(name, Fate::Replaced)
            }),
            Way::Goes => Some(dropped(w!("no longer part of OpenWrt {0}", version))),
            _ if self.stays(name) => Some(PackageChange {
                new: self.sources.available.get(name).cloned(),
                ..blank(name, Fate::Kept)
            }),
            _ if self.was_default(name) => Some(dropped(w!(
                "was preinstalled; {0} comes without it",
                version
            ))),
            _ => None,
        }
    }

    /// A package that was asked for, if the release has it.
    fn wished(&self, name: &str) -> Option<PackageChange> {
        let new = self.sources.available.get(name)?;
        Some(PackageChange {
            new: Some(new.clone()),
            reason: w!("added as you wished").to_owned(),
            ..blank(name, Fate::Added)
        })
    }

    fn is_removed(&self, name: &str) -> bool {
        contains(self.sources.removed, name)
    }

    fn stays(&self, name: &str) -> bool {
        self.sources.available.contains_key(name)
            || ALWAYS.contains(&name)
            || contains(&self.defaults, name)
    }

    fn was_default(&self, name: &str) -> bool {
        let old = self.old_defaults.as_ref();
        old.is_some_and(|old| contains(old, name))
    }

    /// Defaults that are new since the running release. A default that was there before and is not
    /// installed was removed on purpose and stays away.
    fn additions(&self, changes: &[PackageChange]) -> Vec<PackageChange> {
        let is_replacement = |name: &str| changes.iter().any(|change| contains(&change.by, name));
        let is_new = |name: &str| {
            self.old_defaults.is_some()
                && !self.was_default(name)
                && !self.is_removed(name)
                && !self.sources.installed.contains_key(name)
                && !is_replacement(name)
                && !ALWAYS.contains(&name)
        };
        let new = self.defaults.iter().filter(|name| is_new(name));
        new.map(|name| PackageChange {
            new: self.sources.available.get(*name).cloned(),
            reason: w!("new standard package").to_owned(),
            ..blank(name, Fate::Added)
        })
        .collect()
    }
}
