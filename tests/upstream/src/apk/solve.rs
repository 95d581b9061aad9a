//! Chooses packages for what was asked for, or says in apk's words why it cannot.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use asu_test_adb::Package as Entry;

use super::package::{Claim, Package, Relation};
use super::version;

/// Why packages cannot be installed: a heading, and what speaks for and against it.
pub(super) type Complaint = (String, Vec<(&'static str, Vec<String>)>);

/// Who wants something, as apk names it: `world`, `name-version`.
type Asker = String;

/// The packages to install, dependencies first; or all complaints.
pub(super) fn solve(
    available: &[Package],
    world: &[Relation],
) -> Result<Vec<usize>, Vec<Complaint>> {
    let mut search = Search {
        available,
        world,
        chosen: BTreeSet::new(),
        failed: Vec::new(),
    };
    search.choose();
    let mut complaints = search.absent();
    if complaints.is_empty() {
        complaints = search.conflicts();
    }
    if complaints.is_empty() {
        Ok(search.in_order())
    } else {
        Err(complaints)
    }
}

/// What an image with these packages contains, as a manifest: `NAME - VERSION` lines, sorted.
pub fn closure(entries: impl Iterator<Item = Entry>, roots: &[&str]) -> Option<String> {
    let available: Vec<Package> = entries.map(|entry| Package::new(entry, "")).collect();
    let world: Vec<Relation> = roots.iter().map(|root| Relation::read(root)).collect();
    let chosen = solve(&available, &world).ok()?.into_iter();
    let lines = chosen.map(|index| &available[index].entry);
    let mut lines: Vec<String> = lines
        .map(|entry| format!("{} - {}\n", entry.name, entry.version))
        .collect();
    lines.sort_unstable();
    Some(lines.concat())
}

struct Search<'a> {
    available: &'a [Package],
    world: &'a [Relation],
    chosen: BTreeSet<usize>,
    /// What nothing was chosen for, and by whom it is wanted.
    failed: Vec<(Asker, &'a Relation)>,
}

impl<'a> Search<'a> {
    /// Names that several packages share come last: what needs one of these by its own name decides.
    fn choose(&mut self) {
        let wanted = self.world.iter().filter(|relation| !relation.is_forbidden);
        let mut open: VecDeque<(Asker, &Relation)> = wanted
            .map(|relation| ("world".to_owned(), relation))
            .collect();
        while let Some((asker, relation)) = open.pop_front() {
            if self.is_satisfied(relation) {
                continue;
            }
            let Some(chosen) = self.best(relation) else {
                self.failed.push((asker, relation));
                continue;
            };
            self.chosen.insert(chosen);
            let package = &self.available[chosen];
            let needs = package.depends.iter().filter(|need| !need.is_forbidden);
            open.extend(needs.map(|need| (package.to_string(), need)));
        }
        let failed = std::mem::take(&mut self.failed).into_iter();
        self.failed = failed
            .filter(|(_, relation)| !self.is_satisfied(relation))
            .collect();
    }

    fn is_satisfied(&self, relation: &Relation) -> bool {
        self.chosen()
            .any(|package| package.satisfies(relation).is_some())
    }

    fn chosen(&self) -> impl Iterator<Item = &'a Package> {
        self.chosen.iter().map(|index| &self.available[*index])
    }

    /// The package to install for a relation. One that only shares the name is not taken, unless it
    /// has a priority.
    fn best(&self, relation: &Relation) -> Option<usize> {
        let is_candidate = |package: &Package| match package.satisfies(relation) {
            Some(Claim::Shared) => package.entry.provider_priority > 0,
            claim => claim.is_some(),
        };
        let candidates = self.available.iter().enumerate();
        candidates
            .filter(|(_, package)| is_candidate(package))
            .max_by(|(_, a), (_, b)| self.rank(a, b, &relation.name))
            .map(|(index, _)| index)
    }

    fn rank(&self, a: &Package, b: &Package, name: &str) -> Ordering {
        let wanted = |package: &Package| {
            let world = self.world.iter().filter(|wish| !wish.is_forbidden);
            world
                .filter(|wish| package.satisfies(wish).is_some())
                .count()
        };
        let is_free = |package: &Package| {
            let mut bans = self.world.iter().filter(|wish| wish.is_forbidden);
            !bans.any(|ban| package.satisfies(ban).is_some())
        };
        let is_named = |package: &Package| package.entry.name == name;
        let priority = |package: &Package| package.entry.provider_priority;
        is_free(a)
            .cmp(&is_free(b))
            .then_with(|| wanted(a).cmp(&wanted(b)))
            .then_with(|| is_named(a).cmp(&is_named(b)))
            .then_with(|| priority(a).cmp(&priority(b)))
            .then_with(|| b.entry.name.cmp(&a.entry.name))
            .then_with(|| version::compare(&a.entry.version, &b.entry.version))
    }

    /// Names that nothing has, that several share, or that exist in other versions only.
    fn absent(&self) -> Vec<Complaint> {
        let mut by_name: BTreeMap<&str, Vec<(&Asker, &Relation)>> = BTreeMap::new();
        for (asker, relation) in &self.failed {
            by_name
                .entry(&relation.name)
                .or_default()
                .push((asker, relation));
        }
        let complaints = by_name.into_iter();
        complaints
            .map(|(name, wishes)| self.complain(name, &wishes))
            .collect()
    }

    fn complain(&self, name: &str, wishes: &[(&Asker, &Relation)]) -> Complaint {
        let wishes: Vec<String> = wishes
            .iter()
            .map(|(asker, r)| format!("{asker}[{r}]"))
            .collect();
        let mut known: Vec<&Package> = self
            .available
            .iter()
            .filter(|p| p.answers_to(name))
            .collect();
        known.sort_by(|a, b| version::compare(&b.entry.version, &a.entry.version));
        if let Some(own) = known.iter().find(|package| package.entry.name == name) {
            return (own.to_string(), vec![("breaks", wishes)]);
        }
        if known.is_empty() {
            return (
                format!("{name} (no such package)"),
                vec![("required by", wishes)],
            );
        }
        let note = [
            "please select one of the 'provided by'",
            "packages explicitly",
        ];
        let note = note.map(str::to_owned).to_vec();
        let mut names: Vec<String> = known.iter().map(|p| p.entry.name.clone()).collect();
        names.sort_unstable();
        let lines = vec![
            ("note", note),
            ("provided by", names),
            ("required by", wishes),
        ];
        (format!("{name} (virtual)"), lines)
    }

    /// Packages that are chosen and exclude each other.
    fn conflicts(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for package in self.chosen() {
            let (breaks, conflicts) = (self.breaks(package), self.rivals(package));
            if !breaks.is_empty() || !conflicts.is_empty() {
                let lines = [
                    ("conflicts", conflicts),
                    ("breaks", breaks),
                    ("satisfies", self.friends(package)),
                ];
                let lines = lines.into_iter().filter(|(_, texts)| !texts.is_empty());
                complaints.push((package.to_string(), lines.collect()));
            }
        }
        complaints
    }

    /// Who forbids the package.
    fn breaks(&self, package: &Package) -> Vec<String> {
        self.claims_on(package, true)
    }

    /// Who wants the package.
    fn friends(&self, package: &Package) -> Vec<String> {
        self.claims_on(package, false)
    }

    fn claims_on(&self, package: &Package, is_forbidden: bool) -> Vec<String> {
        let is_other = |other: &&Package| other.entry.name != package.entry.name;
        let others = self.chosen().filter(is_other);
        let theirs =
            others.flat_map(|other| other.depends.iter().map(move |r| (other.to_string(), r)));
        let worlds = self.world.iter().map(|r| ("world".to_owned(), r));
        let is_meant =
            |r: &Relation| r.is_forbidden == is_forbidden && package.satisfies(r).is_some();
        let claims = worlds
            .chain(theirs)
            .filter(|(_, relation)| is_meant(relation));
        claims
            .map(|(asker, relation)| format!("{asker}[{relation}]"))
            .collect()
    }

    /// Who has a name, with a version, that the package has too.
    fn rivals(&self, package: &Package) -> Vec<String> {
        let mut found = Vec::new();
        for other in self.chosen().filter(|other| !std::ptr::eq(*other, package)) {
            for (name, version) in other.claims() {
                if package.claims().any(|(own, _)| own == name) {
                    found.push(format!("{other}[{name}={version}]"));
                }
            }
        }
        found
    }

    /// What each package needs before it, in the order of the names asked for.
    fn in_order(&self) -> Vec<usize> {
        let mut roots: Vec<&Relation> = self.world.iter().filter(|r| !r.is_forbidden).collect();
        roots.sort();
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for relation in roots {
            self.visit(relation, &mut seen, &mut order);
        }
        order
    }

    fn visit(&self, relation: &Relation, seen: &mut BTreeSet<usize>, order: &mut Vec<usize>) {
        let satisfies = |index: &&usize| self.available[**index].satisfies(relation).is_some();
        let Some(index) = self.chosen.iter().find(satisfies).copied() else {
            return;
        };
        if !seen.insert(index) {
            return;
        }
        let needs = self.available[index].depends.iter();
        for need in needs.filter(|need| !need.is_forbidden) {
            self.visit(need, seen, order);
        }
        order.push(index);
    }
}
