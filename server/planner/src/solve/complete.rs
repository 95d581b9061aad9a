//! Whether any selection at all would do, whatever the package manager thinks of.
//!
//! apk and opkg decide one thing after the other and never go back, so a refusal does not mean that
//! there is no way. A complete solver finds it; naming its packages in the world then leads the
//! package manager there, too. This only suggests: what is offered is tried by the genuine rules.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display};

use asu_index::Flavour;
use resolvo::utils::{Pool, VersionSet};
use resolvo::{
    Candidates, Condition, ConditionId, ConditionalRequirement, Dependencies, DependencyProvider,
    HintDependenciesAvailable, Interner, KnownDependencies, NameId, Problem, Requirement,
    SolvableId, Solver, SolverCache, StringId, VersionSetId, VersionSetUnionId,
};

use super::universe::{Need, PackageId, Provider, Term, Universe};
use super::version;
use super::walk::Demand;

/// A selection that meets every demand, if there is one; `preferred` packages go first.
pub(super) fn selection(
    universe: &Universe,
    world: &[Demand],
    preferred: &[PackageId],
) -> Option<Vec<PackageId>> {
    let search = Search::new(universe, preferred);
    let wanted = world.iter().filter(|demand| !demand.need.forbids);
    let requirements: Vec<ConditionalRequirement> = wanted
        .map(|demand| search.requirement(None, &demand.need))
        .collect();
    let forbidden = world.iter().filter(|demand| demand.need.forbids);
    let constraints: Vec<VersionSetId> = forbidden
        .flat_map(|demand| search.forbidden(None, &demand.need))
        .collect();
    let problem = Problem::new()
        .requirements(requirements)
        .constraints(constraints);
    let mut solver = Solver::new(search);
    let solvables = solver.solve(problem).ok()?;
    Some(
        solvables
            .into_iter()
            .map(|id| solver.provider().package(id))
            .collect(),
    )
}

/// A set of packages that share a name, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Packages(Vec<u32>);

/// A package, as the solver keeps it.
struct Record(u32);

impl Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl VersionSet for Packages {
    type V = Record;
}

struct Search<'u> {
    universe: &'u Universe,
    pool: Pool<Packages>,
    solvables: Vec<SolvableId>,
    preferred: HashMap<PackageId, usize>,
}

impl<'u> Search<'u> {
    fn new(universe: &'u Universe, preferred: &[PackageId]) -> Self {
        let pool = Pool::new();
        let solvable = |(number, entry): (u32, &super::universe::Entry)| {
            let name = pool.intern_package_name(entry.package.name.as_str());
            pool.intern_solvable(name, Record(number))
        };
        let solvables = (0..).zip(&universe.entries).map(solvable).collect();
        let preferred = preferred
            .iter()
            .enumerate()
            .map(|(rank, id)| (*id, rank))
            .collect();
        Self {
            universe,
            pool,
            solvables,
            preferred,
        }
    }

    fn package(&self, id: SolvableId) -> PackageId {
        PackageId(self.pool.resolve_solvable(id).record.0)
    }

    /// A need that any of these packages would meet.
    fn requirement(&self, by: Option<PackageId>, need: &Need) -> ConditionalRequirement {
        let mut fitting: Vec<PackageId> = need
            .terms
            .iter()
            .flat_map(|term| self.fitting(term))
            .collect();
        if by.is_some_and(|by| fitting.contains(&by)) {
            fitting.retain(|id| Some(*id) == by);
        }
        fitting.sort_by(|a, b| self.compare(*a, *b));
        let sets = self.sets(&fitting);
        let requirement = match sets[..] {
            [set] => Requirement::Single(set),
            [first, ..] => {
                let union = self
                    .pool
                    .intern_version_set_union(first, sets.into_iter().skip(1));
                Requirement::Union(union)
            }
            // Nothing fits: a set of no packages, which no package is in.
            [] => Requirement::Single(self.empty_set(self.universe.text(need.terms[0].name))),
        };
        ConditionalRequirement {
            condition: None,
            requirement,
        }
    }

    fn fitting(&self, term: &Term) -> Vec<PackageId> {
        let providers = self.universe.providers_of(term.name).iter();
        let fits = |provider: &&Provider| {
            self.universe.entry(provider.package).usable && self.universe.meets(term, **provider)
        };
        providers
            .filter(fits)
            .map(|provider| provider.package)
            .collect()
    }

    /// Who is preferred, then the newest, then the first.
    fn compare(&self, a: PackageId, b: PackageId) -> std::cmp::Ordering {
        let rank = |id: &PackageId| self.preferred.get(id).copied().unwrap_or(usize::MAX);
        let package = |id: PackageId| self.universe.package(id);
        let newer = || {
            let same = package(a).name == package(b).name;
            let (a, b) = (&package(a).version, &package(b).version);
            if same {
                version::order(self.universe.flavour, b, a)
            } else {
                std::cmp::Ordering::Equal
            }
        };
        rank(&a)
            .cmp(&rank(&b))
            .then_with(|| {
                package(b)
                    .provider_priority
                    .cmp(&package(a).provider_priority)
            })
            .then_with(newer)
    }

    /// The packages by their names, in the order the names come first.
    fn sets(&self, packages: &[PackageId]) -> Vec<VersionSetId> {
        let mut names: Vec<&str> = Vec::new();
        let mut sets: HashMap<&str, Vec<u32>> = HashMap::new();
        for id in packages {
            let name = self.universe.package(*id).name.as_str();
            let set = sets.entry(name).or_default();
            if set.is_empty() {
                names.push(name);
            }
            set.push(id.0);
        }
        let set = |name: &str| self.set(name, sets.get(name).cloned().unwrap_or_default());
        names.into_iter().map(set).collect()
    }

    fn set(&self, name: &str, packages: Vec<u32>) -> VersionSetId {
        self.pool
            .intern_version_set(self.pool.intern_package_name(name), Packages(packages))
    }

    fn empty_set(&self, name: &str) -> VersionSetId {
        self.set(name, Vec::new())
    }

    /// What is left of each name once a need forbids some of its packages.
    fn forbidden(&self, by: Option<PackageId>, need: &Need) -> Vec<VersionSetId> {
        let opkg = self.universe.flavour == Flavour::Opkg;
        let own = |id: &PackageId| self.universe.entry(*id).name == need.terms[0].name;
        let against = self.fitting(&need.terms[0]).into_iter();
        let against = against.filter(|id| Some(*id) != by && (!opkg || own(id)));
        self.without(against)
    }

    /// apk: who else claims a name that the package provides with a version.
    fn rivals(&self, package: PackageId) -> Vec<VersionSetId> {
        if self.universe.flavour == Flavour::Opkg {
            return Vec::new();
        }
        let claims = self.universe.faces(package);
        let claims = claims.filter(|(_, face)| self.universe.version_of(*face).is_some());
        let rivals = claims.flat_map(|(name, _)| self.universe.providers_of(name));
        self.without(
            rivals
                .map(|rival| rival.package)
                .filter(|rival| *rival != package),
        )
    }

    fn without(&self, packages: impl Iterator<Item = PackageId>) -> Vec<VersionSetId> {
        let mut names: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for id in packages {
            names
                .entry(&self.universe.package(id).name)
                .or_default()
                .push(id.0);
        }
        let rest = |(name, without): (&str, Vec<u32>)| {
            let all = self.named(name).into_iter().map(|id| id.0);
            self.set(name, all.filter(|id| !without.contains(id)).collect())
        };
        names.into_iter().map(rest).collect()
    }

    fn named(&self, name: &str) -> Vec<PackageId> {
        let Some(name) = self.universe.ids.get(name) else {
            return Vec::new();
        };
        let providers = self.universe.providers_of(*name).iter();
        let own = providers
            .filter(|provider| provider.slot.is_none())
            .map(|p| p.package);
        own.filter(|id| self.universe.entry(*id).usable).collect()
    }

    fn contains(&self, set: VersionSetId, id: SolvableId) -> bool {
        self.pool
            .resolve_version_set(set)
            .0
            .contains(&self.package(id).0)
    }
}

impl Interner for Search<'_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        &self.pool.resolve_solvable(solvable).record
    }

    fn display_name(&self, name: NameId) -> impl Display + '_ {
        self.pool.resolve_package_name(name)
    }

    fn display_version_set(&self, set: VersionSetId) -> impl Display + '_ {
        format!("{:?}", self.pool.resolve_version_set(set).0)
    }

    fn display_string(&self, string: StringId) -> impl Display + '_ {
        self.pool.resolve_string(string)
    }

    fn version_set_name(&self, set: VersionSetId) -> NameId {
        self.pool.resolve_version_set_package_name(set)
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        self.pool.resolve_solvable(solvable).name
    }

    fn version_sets_in_union(
        &self,
        union: VersionSetUnionId,
    ) -> impl Iterator<Item = VersionSetId> {
        self.pool.resolve_version_set_union(union)
    }

    fn resolve_condition(&self, condition: ConditionId) -> Condition {
        self.pool.resolve_condition(condition).clone()
    }
}

impl DependencyProvider for Search<'_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let wanted = |id: &SolvableId| self.contains(set, *id) != inverse;
        candidates.iter().copied().filter(wanted).collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        let packages = self.named(self.pool.resolve_package_name(name));
        let candidates = packages
            .iter()
            .map(|id| self.solvables[id.0 as usize])
            .collect();
        Some(Candidates {
            candidates,
            hint_dependencies_available: HintDependenciesAvailable::All,
            ..Candidates::default()
        })
    }

    async fn sort_candidates(&self, _: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        solvables.sort_by(|a, b| self.compare(self.package(*a), self.package(*b)));
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        let id = self.package(solvable);
        let mut known = KnownDependencies {
            constrains: self.rivals(id),
            ..KnownDependencies::default()
        };
        for need in &self.universe.entry(id).needs {
            if need.forbids {
                known.constrains.extend(self.forbidden(Some(id), need));
            } else {
                known.requirements.push(self.requirement(Some(id), need));
            }
        }
        Dependencies::Known(known)
    }
}
