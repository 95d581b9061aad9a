//! Chooses packages: candidates for a name, and the dependencies a package still needs.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::package::{Package, Relation};
use crate::format::stanza::Stanza;
use crate::format::version;

/// The packages to choose from, and what the choice prefers.
pub(super) struct Choice<'a> {
    pub(super) available: &'a [Package],
    /// Names on the command line.
    pub(super) requested: &'a [String],
}

/// What a package still needs.
#[derive(Default)]
pub(super) struct Needs {
    /// Indexes of packages to install, dependencies first.
    pub(super) install: Vec<usize>,
    /// Dependencies that no package satisfies.
    pub(super) missing: Vec<String>,
}

impl Choice<'_> {
    /// The package to install for a relation: of this very name rather than a provider, requested
    /// rather than not, the newest.
    pub(super) fn best(&self, relation: &Relation) -> Option<usize> {
        let candidates = self.available.iter().enumerate();
        candidates
            .filter(|(_, package)| !package.is_foreign && package.satisfies(relation))
            .max_by(|(_, a), (_, b)| self.rank(a, b, &relation.name))
            .map(|(index, _)| index)
    }

    fn rank(&self, a: &Package, b: &Package, name: &str) -> Ordering {
        let requested = |package: &Package| self.requested.contains(&package.name);
        (a.name == name)
            .cmp(&(b.name == name))
            .then_with(|| requested(a).cmp(&requested(b)))
            .then_with(|| b.name.cmp(&a.name))
            .then_with(|| version::compare(&a.version, &b.version))
    }

    /// What `package` needs beyond what `is_there` says is installed. `seen` are the packages
    /// whose dependencies are not looked at again.
    pub(super) fn needs(
        &self,
        package: usize,
        is_there: &dyn Fn(&Relation) -> bool,
        seen: &mut BTreeSet<usize>,
    ) -> Needs {
        let mut needs = Needs::default();
        self.collect(package, is_there, seen, &mut needs);
        needs
    }

    fn collect(
        &self,
        package: usize,
        is_there: &dyn Fn(&Relation) -> bool,
        seen: &mut BTreeSet<usize>,
        needs: &mut Needs,
    ) {
        if !seen.insert(package) {
            return;
        }
        for group in &self.available[package].depends {
            if group.iter().any(is_there) {
                continue;
            }
            let Some(chosen) = group.iter().find_map(|relation| self.best(relation)) else {
                let names: Vec<String> = group.iter().map(Relation::to_string).collect();
                needs.missing.push(names.join(" | "));
                continue;
            };
            self.collect(chosen, is_there, seen, needs);
            if !needs.install.contains(&chosen) {
                needs.install.push(chosen);
            }
        }
    }
}

/// What an image with these packages contains, as a manifest: `NAME - VERSION` lines, sorted.
/// A removed package (`-name`) must not be among the roots.
pub fn closure(controls: impl Iterator<Item = Stanza>, roots: &[&str]) -> String {
    let available: Vec<Package> = controls
        .map(|control| Package::new(control, None))
        .collect();
    let requested: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
    let choice = Choice {
        available: &available,
        requested: &requested,
    };
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    for root in requested
        .iter()
        .map(|root| Relation::to_any(root))
        .chain([Relation::to_any("kernel")])
    {
        if chosen
            .iter()
            .any(|index| available[*index].satisfies(&root))
        {
            continue;
        }
        let Some(package) = choice.best(&root) else {
            continue;
        };
        let is_there = |relation: &Relation| {
            chosen
                .iter()
                .any(|index| available[*index].satisfies(relation))
        };
        let needs = choice.needs(package, &is_there, &mut BTreeSet::new());
        chosen.extend(needs.install);
        chosen.insert(package);
    }
    let mut lines: Vec<(&str, &str)> = chosen
        .iter()
        .map(|index| (&*available[*index].name, &*available[*index].version))
        .collect();
    lines.sort_unstable();
    lines
        .iter()
        .fold(String::new(), |mut text, (name, version)| {
            let _ = writeln!(text, "{name} - {version}");
            text
        })
}
