//! What a selection is measured by: who demands what, and who of the selection meets it.

use std::collections::VecDeque;

use asu_index::{Constraint, Flavour, Operator};
use rustc_hash::{FxHashMap, FxHashSet};

use super::refusal::Chain;
use super::universe::{NameId, Need, PackageId, Provider, Term, Universe};
use super::walk::Demand;
use super::world::World;

/// Who demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// An entry of the world, by its place.
    World(usize),
    /// A package.
    Package(PackageId),
}

/// A selection with all that is demanded of it.
pub(super) struct Demands<'a> {
    pub(super) universe: &'a Universe,
    pub(super) world: &'a World,
    pub(super) of_world: &'a [Demand],
    /// In the order of installation.
    pub(super) order: &'a [PackageId],
    selected: FxHashSet<PackageId>,
    /// The first demand that leads to each package, and the name demanded.
    parents: FxHashMap<PackageId, (Source, NameId)>,
}

impl<'a> Demands<'a> {
    pub(super) fn new(
        universe: &'a Universe,
        world: &'a World,
        of_world: &'a [Demand],
        order: &'a [PackageId],
    ) -> Self {
        let selected = order.iter().copied().collect();
        let mut demands = Self {
            universe,
            world,
            of_world,
            order,
            selected,
            parents: FxHashMap::default(),
        };
        demands.find_parents();
        demands
    }

    /// Breadth first, so that the chain to each package is the shortest.
    fn find_parents(&mut self) {
        let mut queue = VecDeque::new();
        // Who is asked for by name should not seem to be there for another name it provides.
        for demand in self.of_world.iter().filter(|demand| !demand.need.forbids) {
            for id in self.own(demand.need.terms[0].name) {
                self.parents
                    .insert(id, (Source::World(demand.entry), demand.need.terms[0].name));
                queue.push_back(id);
            }
        }
        for demand in self.of_world {
            self.adopt(Source::World(demand.entry), &demand.need, &mut queue);
        }
        loop {
            while let Some(id) = queue.pop_front() {
                for need in &self.universe.entry(id).needs {
                    self.adopt(Source::Package(id), need, &mut queue);
                }
            }
            let Some((orphan, source)) = self.orphan() else {
                return;
            };
            self.parents
                .insert(orphan, (source, self.universe.entry(orphan).name));
            queue.push_back(orphan);
        }
    }

    /// What came by `install-if` has no demand of its own, but its needs count.
    fn orphan(&self) -> Option<(PackageId, Source)> {
        let orphans = || {
            self.order
                .iter()
                .filter(|id| !self.parents.contains_key(id))
        };
        let mut triggered = orphans().filter_map(|id| Some((*id, self.trigger(*id)?)));
        let nobodys = || Some((*orphans().next()?, Source::World(usize::MAX)));
        triggered.next().or_else(nobodys)
    }

    fn trigger(&self, orphan: PackageId) -> Option<Source> {
        let conditions = self.universe.entry(orphan).install_if.iter();
        let mut met = conditions.filter_map(|need| self.meeting(&need.terms[0]).next());
        let known = met.find(|id| self.parents.contains_key(id));
        known.map(Source::Package)
    }

    fn adopt(&mut self, by: Source, need: &Need, queue: &mut VecDeque<PackageId>) {
        if need.forbids {
            return;
        }
        for term in &need.terms {
            let own = self.own(term.name);
            let others = || {
                self.named(term.name)
                    .map(|provider| provider.package)
                    .collect()
            };
            let children = if own.is_empty() { others() } else { own };
            for child in children {
                if by != Source::Package(child) && !self.parents.contains_key(&child) {
                    self.parents.insert(child, (by, term.name));
                    queue.push_back(child);
                }
            }
        }
    }

    /// Selected packages that have the name, not merely provide it.
    fn own(&self, name: NameId) -> Vec<PackageId> {
        let own = self.named(name).filter(|provider| provider.slot.is_none());
        own.map(|provider| provider.package).collect()
    }

    /// Selected providers of a name.
    pub(super) fn named(&self, name: NameId) -> impl Iterator<Item = Provider> {
        let providers = self.universe.providers_of(name).iter().copied();
        providers.filter(|provider| self.selected.contains(&provider.package))
    }

    /// Selected packages that meet a term.
    pub(super) fn meeting(&self, term: &Term) -> impl Iterator<Item = PackageId> {
        let meets = |provider: &Provider| self.universe.meets(term, *provider);
        self.named(term.name)
            .filter(meets)
            .map(|provider| provider.package)
    }

    /// Everything the world and the selected packages demand, in a stable order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Source, &'a Need)> {
        let world = self
            .of_world
            .iter()
            .map(|demand| (Source::World(demand.entry), &demand.need));
        let (universe, order) = (self.universe, self.order);
        let packages = order.iter().flat_map(move |id| {
            universe
                .entry(*id)
                .needs
                .iter()
                .map(|need| (Source::Package(*id), need))
        });
        world.chain(packages)
    }

    /// The first demand for a package, and the name demanded.
    pub(super) fn parent(&self, id: PackageId) -> Option<(Source, NameId)> {
        self.parents.get(&id).copied()
    }

    /// The way from the world to whoever demands, and on to a name.
    pub(super) fn chain(&self, source: Source, name: Option<&str>) -> Chain {
        let mut links: Vec<String> = name.map(str::to_owned).into_iter().collect();
        let mut source = source;
        // A chain is never longer than the selection.
        for _ in 0..=self.order.len() {
            match source {
                Source::Package(id) => {
                    links.push(self.universe.package(id).name.clone());
                    let Some((parent, _)) = self.parent(id) else {
                        break;
                    };
                    source = parent;
                }
                Source::World(entry) => {
                    links.extend(
                        self.world
                            .entries()
                            .get(entry)
                            .map(|entry| entry.text.clone()),
                    );
                    break;
                }
            }
        }
        // A word that names the package itself, or the end of a chain of its own, says it twice.
        links.dedup();
        links.reverse();
        Chain(links)
    }

    /// The chain that ends in a selected package.
    pub(super) fn chain_to(&self, id: PackageId) -> Chain {
        self.chain(Source::Package(id), None)
    }
}

/// The universe's view of the world: entries that name something it knows, and those that do not.
pub(super) fn of_world(universe: &Universe, world: &World) -> (Vec<Demand>, Vec<usize>) {
    let mut demands = Vec::new();
    let mut unknown = Vec::new();
    for (entry, wanted) in world.entries().iter().enumerate() {
        match universe.ids.get(wanted.relation.name.as_str()) {
            Some(name) => {
                let constraint = wanted.relation.constraint.clone().map(Box::new);
                let terms = Box::new([Term {
                    name: *name,
                    constraint,
                }]);
                demands.push(Demand {
                    entry,
                    need: Need {
                        terms,
                        forbids: wanted.forbids,
                    },
                });
            }
            None if wanted.forbids => {}
            None => unknown.push(entry),
        }
    }
    (demands, unknown)
}

/// A need in the package manager's own notation: `libghost>=1`, `a | b (>= 2)`.
pub(super) fn notation(universe: &Universe, need: &Need) -> String {
    let terms: Vec<String> = need
        .terms
        .iter()
        .map(|term| term_notation(universe, term))
        .collect();
    let sign = if need.forbids && universe.flavour == Flavour::Apk {
        "!"
    } else {
        ""
    };
    format!("{sign}{}", terms.join(" | "))
}

fn term_notation(universe: &Universe, term: &Term) -> String {
    let name = universe.text(term.name);
    match (&term.constraint, universe.flavour) {
        (None, _) => name.to_owned(),
        (Some(constraint), Flavour::Apk) => {
            format!("{name}{}{}", sign(constraint), constraint.version)
        }
        (Some(constraint), Flavour::Opkg) => {
            format!("{name} ({} {})", sign(constraint), constraint.version)
        }
    }
}

fn sign(constraint: &Constraint) -> &'static str {
    match constraint.operator {
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Equal => "=",
        Operator::GreaterOrEqual => ">=",
        Operator::Greater => ">",
        Operator::Fuzzy => "~",
        Operator::FuzzyLess => "<~",
        Operator::FuzzyGreater => ">~",
    }
}
