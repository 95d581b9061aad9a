//! From a selection that cannot be to the reasons why, in terms of packages.

use std::collections::{BTreeMap, BTreeSet};

use asu_index::Flavour;

use super::demands::{Demands, Source, notation};
use super::refusal::{Chain, Party, Refusal};
use super::universe::{NameId, Need, PackageId, Provider, Term, Universe};
use super::walk::Walked;

/// Every reason found in what was selected; what is the same trouble is said once.
///
/// Where no requirement of its own is at fault, what the walk stumbled over must do.
pub(super) fn refusals(demands: &Demands, walked: &Walked) -> Vec<Refusal> {
    let found = of_selection(demands);
    let explain = Explain {
        demands,
        universe: demands.universe,
    };
    let repeated = walked
        .repeated
        .iter()
        .map(|(name, id)| explain.repeated(*name, *id));
    let found: Vec<Refusal> = found.into_iter().chain(repeated).collect();
    if !found.is_empty() || walked.agreed {
        return found;
    }
    let unprovided = walked
        .unprovided
        .iter()
        .map(|name| explain.unprovided(*name));
    let faulty = walked.faulty.iter().map(|id| explain.faulty(*id));
    unprovided.chain(faulty).collect()
}

fn of_selection(demands: &Demands) -> Vec<Refusal> {
    let explain = Explain {
        demands,
        universe: demands.universe,
    };
    let mut refusals = Vec::new();
    for (source, need) in demands.all() {
        let mut found = if need.forbids {
            explain.forbidden(source, need)
        } else {
            explain.unmet(source, need)
        };
        refusals.append(&mut found);
    }
    refusals.append(&mut explain.rivals());
    let mut seen = BTreeSet::new();
    refusals.retain(|refusal| seen.insert(key(refusal)));
    refusals
}

/// Two packages conflict once, whoever says so and for whatever reason.
fn key(refusal: &Refusal) -> (&'static str, Vec<String>) {
    let mut packages: Vec<String> = refusal.packages().into_iter().map(str::to_owned).collect();
    if let Refusal::Conflict { .. } = refusal {
        packages.sort();
    }
    (refusal.code(), packages)
}

struct Explain<'a> {
    demands: &'a Demands<'a>,
    universe: &'a Universe,
}

impl Explain<'_> {
    /// What is selected although something forbids it.
    fn forbidden(&self, source: Source, need: &Need) -> Vec<Refusal> {
        let opkg = self.universe.flavour == Flavour::Opkg;
        let spared = |id: PackageId| match source {
            Source::World(_) => false,
            Source::Package(by) if by == id && !opkg => true,
            // opkg looks for packages of that very name, and lets a package replace another.
            Source::Package(by) => opkg && !self.opkg_conflict(by, need, id),
        };
        let met = need
            .terms
            .iter()
            .flat_map(|term| self.demands.meeting(term));
        let against = met.filter(|id| !spared(*id));
        against
            .map(|id| self.forbidding(source, need, id))
            .collect()
    }

    fn opkg_conflict(&self, by: PackageId, need: &Need, other: PackageId) -> bool {
        let other = self.universe.entry(other);
        let by = self.universe.package(by);
        need.terms.iter().any(|term| term.name == other.name)
            && !by
                .replaces
                .iter()
                .any(|replaced| replaced.name == other.package.name)
    }

    fn forbidding(&self, source: Source, need: &Need, id: PackageId) -> Refusal {
        let right = self.party(id);
        let notation = notation(self.universe, need);
        match source {
            Source::Package(by) => {
                let left = self.party(by);
                let reason = format!("{} does not tolerate {}", left.name, right.name);
                Refusal::Conflict {
                    left,
                    right,
                    reason,
                }
            }
            Source::World(_) => {
                let wanted = self.demands.chain(source, None);
                let left = Box::new(Party {
                    name: notation.clone(),
                    version: String::new(),
                    wanted,
                });
                let reason = format!("the request says {notation}");
                Refusal::Conflict {
                    left,
                    right,
                    reason,
                }
            }
        }
    }

    #[allow(clippy::unnecessary_box_returns)] // Conflicts hold their parties boxed.
    fn party(&self, id: PackageId) -> Box<Party> {
        let package = self.universe.package(id);
        Box::new(Party {
            name: package.name.clone(),
            version: package.version.clone(),
            wanted: self.demands.chain_to(id),
        })
    }

    /// What is demanded and not met by anything selected.
    fn unmet(&self, source: Source, need: &Need) -> Vec<Refusal> {
        let usable = |id: PackageId| self.universe.entry(id).usable;
        let by = |id: PackageId| Source::Package(id) == source;
        let mut met = need
            .terms
            .iter()
            .flat_map(|term| self.demands.meeting(term));
        if met.any(|id| usable(id) || by(id)) {
            return Vec::new();
        }
        if need.terms.iter().any(|term| self.is_replaced(term)) {
            return Vec::new();
        }
        // Of alternatives, the one that comes closest to existing.
        let known = |term: &&Term| !self.universe.providers_of(term.name).is_empty();
        let term = need.terms.iter().find(known).or(need.terms.first());
        term.map(|term| self.unmet_term(source, need, term))
            .into_iter()
            .collect()
    }

    /// opkg: what replaces a provider stands for all that it provided.
    fn is_replaced(&self, term: &Term) -> bool {
        let providers = self.universe.providers_of(term.name).iter();
        let names = providers.map(|provider| self.universe.entry(provider.package).name);
        let mut replacers = names.flat_map(|name| &self.universe.name(name).replaced_by);
        replacers.any(|name| {
            self.demands
                .named(*name)
                .any(|provider| provider.slot.is_none())
        })
    }

    fn unmet_term(&self, source: Source, need: &Need, term: &Term) -> Refusal {
        let providers = self.universe.providers_of(term.name);
        let usable = |provider: &&Provider| self.universe.entry(provider.package).usable;
        let admitted = |provider: &&Provider| self.universe.meets(term, **provider);
        if providers.is_empty() {
            return self.missing(source, need, term.name);
        }
        if !providers.iter().any(|provider| usable(&provider)) {
            return self.foreign(source, term.name);
        }
        let fitting: Vec<Provider> = providers
            .iter()
            .filter(usable)
            .filter(admitted)
            .copied()
            .collect();
        if fitting.is_empty() {
            return self.other_versions(source, need, term);
        }
        self.unchosen(source, term, &fitting)
    }

    fn missing(&self, source: Source, need: &Need, name: NameId) -> Refusal {
        let name = self.universe.text(name);
        let chain = self.demands.chain(source, Some(name));
        match source {
            Source::World(_) => Refusal::NoSuchPackage {
                name: name.to_owned(),
                chain,
            },
            Source::Package(by) => Refusal::MissingDependency {
                package: self.universe.package(by).name.clone(),
                needs: notation(self.universe, need),
                chain,
            },
        }
    }

    fn foreign(&self, source: Source, name: NameId) -> Refusal {
        let providers = self.universe.providers_of(name).iter();
        let architectures: BTreeSet<String> = providers
            .map(|p| self.universe.package(p.package).arch.clone())
            .collect();
        let name = self.universe.text(name);
        Refusal::WrongArchitecture {
            package: name.to_owned(),
            architectures: architectures.into_iter().collect(),
            chain: self.demands.chain(source, Some(name)),
        }
    }

    fn other_versions(&self, source: Source, need: &Need, term: &Term) -> Refusal {
        let providers = self.universe.providers_of(term.name).iter();
        let available: BTreeSet<String> = providers.map(|p| self.full_name(p.package)).collect();
        let package = match source {
            Source::World(_) => None,
            Source::Package(by) => Some(self.universe.package(by).name.clone()),
        };
        Refusal::VersionNotAvailable {
            package,
            wanted: notation(self.universe, need),
            available: available.into_iter().collect(),
            chain: self
                .demands
                .chain(source, Some(self.universe.text(term.name))),
        }
    }

    fn full_name(&self, id: PackageId) -> String {
        let package = self.universe.package(id);
        format!("{}-{}", package.name, package.version)
    }

    /// Something would do, but was not chosen: it needs a hint, or gave way to something else.
    fn unchosen(&self, source: Source, term: &Term, fitting: &[Provider]) -> Refusal {
        let name = self.universe.text(term.name);
        let chain = || self.demands.chain(source, Some(name));
        let opposed = self.demands.named(term.name).next();
        let opposed = opposed.or_else(|| self.opposing(fitting));
        if let Some(opposed) = opposed {
            return self.beside(source, term, fitting[0], opposed.package);
        }
        if self.universe.flavour == Flavour::Apk && !fitting.iter().any(|p| self.pickable(*p)) {
            let candidates: BTreeSet<String> = fitting
                .iter()
                .map(|p| self.universe.package(p.package).name.clone())
                .collect();
            let candidates = candidates.into_iter().collect();
            return Refusal::AmbiguousProvider {
                name: name.to_owned(),
                candidates,
                chain: chain(),
            };
        }
        Refusal::NoSelection {
            package: name.to_owned(),
            chain: chain(),
        }
    }

    fn pickable(&self, provider: Provider) -> bool {
        self.universe.version_of(provider).is_some()
            || self.universe.package(provider.package).provider_priority > 0
    }

    /// A selected package that leaves no room for any of these.
    fn opposing(&self, fitting: &[Provider]) -> Option<Provider> {
        let versioned = |provider: &Provider| self.universe.version_of(*provider).is_some();
        let faces = fitting.iter().flat_map(|p| self.universe.faces(p.package));
        let faces =
            faces.filter(|(_, face)| self.universe.flavour == Flavour::Apk && versioned(face));
        faces
            .flat_map(|(name, _)| self.demands.named(name))
            .find(versioned)
    }

    fn repeated(&self, name: NameId, id: PackageId) -> Refusal {
        let name = self.universe.text(name).to_owned();
        let chain = Chain(vec![name.clone()]);
        Refusal::AlreadyProvided {
            name,
            by: self.universe.package(id).name.clone(),
            chain,
        }
    }

    fn unprovided(&self, name: NameId) -> Refusal {
        let source = self
            .demands
            .all()
            .find(|(_, need)| !need.forbids && need.terms.iter().any(|term| term.name == name));
        let source = source.map_or(Source::World(usize::MAX), |(source, _)| source);
        let candidates = self.universe.providers_of(name).iter();
        let candidates: BTreeSet<String> = candidates
            .map(|p| self.universe.package(p.package).name.clone())
            .collect();
        let name = self.universe.text(name);
        Refusal::AmbiguousProvider {
            name: name.to_owned(),
            candidates: candidates.into_iter().collect(),
            chain: self.demands.chain(source, Some(name)),
        }
    }

    fn faulty(&self, id: PackageId) -> Refusal {
        let package = self.universe.package(id).name.clone();
        Refusal::NoSelection {
            package,
            chain: self.demands.chain_to(id),
        }
    }

    /// What is demanded would take the place of what is selected.
    fn beside(&self, source: Source, term: &Term, fitting: Provider, other: PackageId) -> Refusal {
        let package = self.universe.package(fitting.package);
        let name = self.universe.text(term.name);
        let left = Box::new(Party {
            name: package.name.clone(),
            version: package.version.clone(),
            wanted: self.demands.chain(source, Some(name)),
        });
        let reason = format!("there can be only one {name}");
        Refusal::Conflict {
            left,
            right: self.party(other),
            reason,
        }
    }

    /// apk: selected packages that provide the same name with a version.
    fn rivals(&self) -> Vec<Refusal> {
        if self.universe.flavour != Flavour::Apk {
            return Vec::new();
        }
        let mut claims: BTreeMap<&str, Vec<Provider>> = BTreeMap::new();
        for id in self.demands.order {
            for (name, face) in self.universe.faces(*id) {
                claims
                    .entry(self.universe.text(name))
                    .or_default()
                    .push(face);
            }
        }
        let claims = claims
            .into_iter()
            .filter(|(_, providers)| providers.len() > 1);
        claims
            .flat_map(|(name, providers)| self.rival_claims(name, &providers))
            .collect()
    }

    fn rival_claims(&self, name: &str, providers: &[Provider]) -> Vec<Refusal> {
        let versioned = |p: &Provider| self.universe.version_of(*p).is_some();
        let Some(first) = providers.iter().find(|p| versioned(p)) else {
            return Vec::new();
        };
        let others = providers
            .iter()
            .filter(|other| other.package != first.package);
        let conflict = |other: &Provider| Refusal::Conflict {
            left: self.party(first.package),
            right: self.party(other.package),
            reason: format!("both are {name}"),
        };
        others.map(conflict).collect()
    }
}
