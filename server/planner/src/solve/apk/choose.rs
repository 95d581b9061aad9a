//! The choice of a provider, and what it settles.

use std::cmp::Ordering;

use super::state::Walk;
use crate::solve::universe::{NameId, PackageId, Provider};
use crate::solve::version;

impl Walk<'_> {
    /// Chooses the best provider of a name, or settles that there is none.
    pub(super) fn choose(&mut self, name: NameId) {
        match self.best(name) {
            Some(provider) => self.take(provider.package),
            None => {
                self.settle(name, None);
                self.faults += usize::from(self.state(name).demands > 0);
            }
        }
    }

    fn best(&self, name: NameId) -> Option<Provider> {
        let state = self.state(name);
        if state.demands == 0 && !state.triggered {
            return None;
        }
        let providers = self.universe.providers_of(name).iter().copied();
        let eligible = providers.filter(|provider| self.eligible(name, *provider));
        // The first of equals stays, as it comes from the first feed.
        eligible.reduce(|best, next| {
            if self.compare(next, best).is_gt() {
                next
            } else {
                best
            }
        })
    }

    fn eligible(&self, name: NameId, provider: Provider) -> bool {
        let package = self.package(provider.package);
        let asked = self.state(name).demands > 0 || (package.triggered && package.usable);
        asked && self.may_be_picked(provider)
    }

    fn compare(&self, a: Provider, b: Provider) -> Ordering {
        let (left, right) = (self.package(a.package), self.package(b.package));
        left.usable
            .cmp(&right.usable)
            .then(left.option.cmp(&right.option))
            .then(right.contradicted.cmp(&left.contradicted))
            .then_with(|| self.compare_versions(a, b))
    }

    fn compare_versions(&self, a: Provider, b: Provider) -> Ordering {
        let universe = self.universe;
        let (left, right) = (universe.entry(a.package), universe.entry(b.package));
        let order = |a: &str, b: &str| version::order(universe.flavour, a, b);
        let provided = match (universe.version_of(a), universe.version_of(b)) {
            (Some(a), Some(b)) => order(a, b),
            // A name provided without a version is older than any.
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        provided
            .then_with(|| match left.name == right.name {
                true => order(&left.package.version, &right.package.version),
                false => Ordering::Equal,
            })
            .then(
                left.package
                    .provider_priority
                    .cmp(&right.package.provider_priority),
            )
    }

    fn take(&mut self, package: PackageId) {
        let universe = self.universe;
        if !self.package(package).usable {
            self.fault(Some(package));
        }
        for (name, face) in universe.faces(package) {
            self.settle(name, Some(face));
        }
        for need in &universe.entry(package).needs {
            self.demand(Some(package), need);
        }
    }

    fn settle(&mut self, name: NameId, choice: Option<Provider>) {
        if let Some(known) = self.state(name).settled {
            self.settle_again(known, choice);
            return;
        }
        self.unqueue(name);
        let state = self.state_mut(name);
        state.settled = Some(choice);
        state.dirty = false;
        if let Some(choice) = choice {
            self.demand_conditions(name, choice.package);
        }
        self.rule_out_others(name, choice);
        self.recheck_dependents(name);
        match choice {
            Some(choice) => self.recheck_triggers_of(choice.package),
            None => self.recheck_triggers(name),
        }
    }

    /// Two packages may stand for one name only if both provide it without a version.
    fn settle_again(&mut self, known: Option<Provider>, choice: Option<Provider>) {
        let loose = |choice: Option<Provider>| {
            choice.is_none_or(|provider| self.universe.version_of(provider).is_none())
        };
        if !(loose(known) && loose(choice)) {
            self.fault(choice.map(|provider| provider.package));
            self.fault(known.map(|provider| provider.package));
        }
    }

    /// A package that came by `install-if` keeps what made it come.
    fn demand_conditions(&mut self, name: NameId, package: PackageId) {
        let universe = self.universe;
        if self.state(name).demands > 0 || !self.package(package).triggered {
            return;
        }
        for need in &universe.entry(package).install_if {
            if self.state(need.terms[0].name).settled.is_none() {
                self.demand(Some(package), need);
            }
        }
    }

    fn rule_out_others(&mut self, name: NameId, choice: Option<Provider>) {
        let universe = self.universe;
        let loose = |provider: Provider| universe.version_of(provider).is_none();
        let loosely = choice.is_none_or(loose);
        for other in universe.providers_of(name) {
            let chosen = choice.is_some_and(|choice| choice.package == other.package);
            if !chosen && !(loosely && loose(*other)) {
                self.rule_out(other.package);
            }
        }
    }
}
