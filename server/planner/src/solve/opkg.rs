//! How opkg chooses packages: facts learnt from watching and reading opkg-lede, in our words.
//!
//! opkg installs the words of the command line one after the other, each with its dependencies, and
//! never goes back:
//!
//! - Candidates for a name are all packages that provide it, or the package that both replaces and
//!   conflicts with a provider. One whose dependencies cannot be found is no candidate; this is
//!   looked up once for each name, so the second version of a package passes unseen.
//! - For a **dependency**, a version constraint is held against the package's own version, whatever
//!   name it provides. An installed package goes first; then a package that has the very name, or
//!   is a word of the command line (one point each); then the last in the order of names,
//!   versions and architectures.
//! - A **word** of the command line takes the last version of the package with that name; where the
//!   name is only provided, an installed provider, else the first in the order of names whose
//!   architecture is closest.
//! - Of the alternatives `a | b` the first that anything provides is taken.
//! - A word that only provides lead to is refused if its package came for an earlier word, unless
//!   the package is the first provider in the feeds: opkg tries to unpack it twice.
//!
//! Two things we do on purpose otherwise. `Conflicts` refuse whenever both packages would end up
//! installed; opkg notices only if the other one came first. And where opkg replaces a version it
//! has just installed without looking at the dependencies of the new one, we refuse.
//!
//! Compared with opkg-lede itself, this is all that differs: on 2,000 random requests for the
//! recorded index nothing but late conflicts, and on 2,500 for made-up indexes (a third of them with
//! several versions of a package, which feeds do not have) 11 that end with dependencies missing.

use rustc_hash::FxHashSet;

use super::universe::{NameId, Need, PackageId, Term, Universe};
use super::version;
use super::walk::{Demand, Walked};

/// Deeper chains of dependencies than this do not occur; an index must not exhaust the stack.
const DEEPEST: usize = 400;

/// Follows opkg's rules from the words of the command line to a selection.
///
/// A `tolerant` walk also takes candidates with missing dependencies: it shows what is in the way.
pub(super) fn walk(
    universe: &Universe,
    world: &[Demand],
    installed: &[PackageId],
    tolerant: bool,
) -> Walked {
    let mut walk = Walk {
        universe,
        words: world
            .iter()
            .map(|demand| demand.need.terms[0].name)
            .collect(),
        installed: installed.iter().copied().collect(),
        order: Vec::new(),
        searched: [
            vec![false; universe.names.len()],
            vec![false; universe.names.len()],
        ],
        repeated: Vec::new(),
        tolerant,
        agreed: true,
    };
    for demand in world {
        let agreed = walk.install_word(demand.need.terms[0].name);
        walk.agreed &= agreed;
    }
    let Walk {
        order,
        installed,
        repeated,
        agreed,
        ..
    } = walk;
    let order = order
        .into_iter()
        .filter(|id| installed.contains(id))
        .collect();
    Walked {
        order,
        agreed,
        repeated,
        ..Walked::default()
    }
}

struct Walk<'u> {
    universe: &'u Universe,
    words: FxHashSet<NameId>,
    installed: FxHashSet<PackageId>,
    order: Vec<PackageId>,
    /// Names whose dependencies were looked up: for a candidate, and for an installation.
    searched: [Vec<bool>; 2],
    /// Words for what was installed for another word.
    repeated: Vec<(NameId, PackageId)>,
    tolerant: bool,
    agreed: bool,
}

/// What must be installed for a package, dependencies first.
#[derive(Default)]
struct Missing {
    order: Vec<PackageId>,
    known: FxHashSet<PackageId>,
}

/// Why dependencies are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Search {
    Candidate = 0,
    Installation = 1,
}

impl Walk<'_> {
    fn install_word(&mut self, name: NameId) -> bool {
        let old = self.installed_as(name);
        let is_named = |universe: &Universe, id: PackageId| universe.entry(id).name == name;
        let Some(new) = self.candidate(name, 0, true, &|walk, id| is_named(walk.universe, id))
        else {
            return false;
        };
        let current = old.is_some_and(|old| {
            let version = |id| &self.universe.package(id).version;
            version::order(self.universe.flavour, version(old), version(new)).is_ge()
        });
        if current {
            return true;
        }
        // Found by another name, so opkg does not see that it has it, and will not unpack it again.
        let again = self.installed.contains(&new) && self.order.contains(&new);
        if again {
            self.repeated.push((name, new));
        }
        self.install(new, 0) && !again
    }

    /// The installed package of that name, or of the name's first provider.
    fn installed_as(&self, name: NameId) -> Option<PackageId> {
        let universe = self.universe;
        let first = universe.providers_of(name).first()?;
        let own = universe
            .providers_of(name)
            .iter()
            .any(|p| universe.entry(p.package).name == name);
        let name = if own {
            name
        } else {
            universe.entry(first.package).name
        };
        self.named(name)
            .into_iter()
            .find(|id| self.installed.contains(id))
    }

    /// Packages that have this very name and an architecture opkg looks at.
    fn named(&self, name: NameId) -> Vec<PackageId> {
        let universe = self.universe;
        let ids = universe
            .providers_of(name)
            .iter()
            .map(|provider| provider.package);
        ids.filter(|id| universe.entry(*id).name == name && universe.entry(*id).usable)
            .collect()
    }

    fn install(&mut self, id: PackageId, depth: usize) -> bool {
        if self.installed.contains(&id) {
            return true;
        }
        if let Some(old) = self.installed_as(self.universe.entry(id).name) {
            let version = |id| &self.universe.package(id).version;
            if version::order(self.universe.flavour, version(old), version(id)).is_ge() {
                return false;
            }
            self.installed.remove(&old);
        }
        let mut missing = Missing::default();
        let found = self.search(id, Search::Installation, depth, &mut missing);
        self.remove_replaced(id);
        let installed = (found || self.tolerant)
            && missing
                .order
                .into_iter()
                .all(|dependency| self.install(dependency, depth + 1));
        // In a loop, a dependency has installed it meanwhile.
        if (installed || self.tolerant) && self.installed.insert(id) {
            self.order.push(id);
        }
        installed
    }

    /// What a package both replaces and conflicts with goes when it comes.
    fn remove_replaced(&mut self, id: PackageId) {
        let universe = self.universe;
        let package = universe.package(id);
        if package.replaces.is_empty() || package.conflicts.is_empty() {
            return;
        }
        let replaces = |name: &str| {
            package
                .replaces
                .iter()
                .any(|replaced| replaced.name == name)
                && package
                    .conflicts
                    .iter()
                    .any(|conflict| conflict.name == name)
        };
        self.installed.retain(|old| {
            !universe
                .faces(*old)
                .any(|(name, _)| replaces(universe.text(name)))
        });
    }

    /// Collects what must be installed for the package; false where something cannot be found.
    fn search(&mut self, id: PackageId, why: Search, depth: usize, missing: &mut Missing) -> bool {
        let universe = self.universe;
        let entry = universe.entry(id);
        let searched = &mut self.searched[why as usize][entry.name.0 as usize];
        if std::mem::replace(searched, true) {
            return true;
        }
        if depth > DEEPEST {
            return false;
        }
        let mut found = true;
        for need in entry.needs.iter().filter(|need| !need.forbids) {
            found &= self.search_need(id, need, why, depth, missing);
        }
        found
    }

    fn search_need(
        &mut self,
        by: PackageId,
        need: &Need,
        why: Search,
        depth: usize,
        missing: &mut Missing,
    ) -> bool {
        if need.terms.iter().any(|term| self.met_already(term, depth)) {
            return true;
        }
        let mut terms = need.terms.iter();
        let Some(id) = terms.find_map(|term| self.satisfier(term, depth)) else {
            return false;
        };
        if id == by || missing.known.contains(&id) {
            return true;
        }
        let found = self.search(id, why, depth + 1, missing);
        missing.known.insert(id);
        missing.order.push(id);
        found
    }

    fn met_already(&mut self, term: &Term, depth: usize) -> bool {
        let meets = |walk: &Self, id| walk.installed.contains(&id) && walk.meets(term, id);
        let best = self.candidate(term.name, depth + 1, false, &meets);
        best.is_some_and(|id| meets(self, id))
    }

    fn satisfier(&mut self, term: &Term, depth: usize) -> Option<PackageId> {
        let meets = |walk: &Self, id| walk.meets(term, id);
        self.candidate(term.name, depth + 1, false, &meets)
            .filter(|id| meets(self, *id))
    }

    fn meets(&self, term: &Term, id: PackageId) -> bool {
        let version = &self.universe.package(id).version;
        let constraint = term.constraint.as_ref();
        constraint.is_none_or(|constraint| constraint.admits(self.universe.flavour, version))
    }

    /// The package taken for a name among those `fitting`, or, if there is none, by other rules.
    fn candidate(
        &mut self,
        name: NameId,
        depth: usize,
        asked: bool,
        fitting: &dyn Fn(&Self, PackageId) -> bool,
    ) -> Option<PackageId> {
        let candidates = self.candidates(name, depth);
        // The last of equals.
        let fit = candidates.iter().copied().filter(|id| fitting(self, *id));
        if let Some(id) = fit.max_by_key(|id| self.score(name, *id)) {
            return Some(id);
        }
        let installed = |id: &PackageId| self.installed_as(self.universe.entry(*id).name).is_some();
        if let Some(id) = candidates.iter().copied().rfind(installed) {
            return Some(id);
        }
        let closeness = |id: &PackageId| self.universe.entry(*id).closeness;
        match candidates.len() {
            1 => candidates.first().copied(),
            // The first of equals.
            _ if asked => candidates.iter().copied().rev().max_by_key(closeness),
            _ => None,
        }
    }

    fn score(&self, name: NameId, id: PackageId) -> u8 {
        let own = self.universe.entry(id).name;
        u8::from(own == name) + u8::from(self.words.contains(&own))
    }

    /// Packages that may stand for the name, in the order of names, versions and architectures.
    fn candidates(&mut self, name: NameId, depth: usize) -> Vec<PackageId> {
        let universe = self.universe;
        let mut candidates = Vec::new();
        for provider in self.provider_names(name) {
            for id in self.named(provider) {
                if !candidates.contains(&id) && self.could_install(id, depth) {
                    candidates.push(id);
                }
            }
        }
        candidates.sort_by(|a, b| {
            let (a, b) = (universe.entry(*a), universe.entry(*b));
            (a.package.name.cmp(&b.package.name))
                .then(version::order(
                    universe.flavour,
                    &a.package.version,
                    &b.package.version,
                ))
                .then(a.closeness.cmp(&b.closeness))
        });
        candidates
    }

    /// Names of the packages that provide the name, each in the place of what it replaces.
    fn provider_names(&self, name: NameId) -> Vec<NameId> {
        let universe = self.universe;
        let mut providers: Vec<NameId> = Vec::new();
        for provider in universe.providers_of(name) {
            let entry = universe.entry(provider.package);
            if entry.usable && !providers.contains(&entry.name) {
                providers.push(entry.name);
            }
        }
        let replaced = |own: NameId| match universe.name(own).replaced_by.first() {
            Some(by) if *by != own => (!providers.contains(by)).then_some(*by),
            _ => Some(own),
        };
        providers.iter().copied().filter_map(replaced).collect()
    }

    fn could_install(&mut self, id: PackageId, depth: usize) -> bool {
        self.search(id, Search::Candidate, depth + 1, &mut Missing::default()) || self.tolerant
    }
}
