//! The choice of a provider, and what it settles.

use std::cmp::Ordering;

use super::state::{Choice, Walk};
use crate::solve::universe::{NameId, PackageId, Provider};
use crate::solve::version;

impl Walk<'_> {
    /// Chooses the best provider of a name, or settles that there is none.
    pub(super) fn choose(&mut self, name: NameId) {
        if let Some(provider) = self.best(name) {
            return self.take(provider.package);
        }
        self.settle(name, Choice::Nothing);
        if self.state(name).demands > 0 {
            self.faults += 1;
            self.unprovided.push(name);
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
            .then_with(|| {
                let same = left.name == right.name;
                if same {
                    order(&left.package.version, &right.package.version)
                } else {
                    Ordering::Equal
                }
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
            self.settle(name, Choice::Taken(face));
        }
        for need in &universe.entry(package).needs {
            self.demand(Some(package), need);
        }
    }

    fn settle(&mut self, name: NameId, choice: Choice) {
        let known = self.state(name).choice;
        if !known.is_open() {
            self.settle_again(known, choice);
            return;
        }
        self.unqueue(name);
        let state = self.state_mut(name);
        state.choice = choice;
        state.dirty = false;
        if let Some(provider) = choice.provider() {
            self.demand_conditions(name, provider.package);
        }
        self.rule_out_others(name, choice);
        self.recheck_dependents(name);
        match choice.provider() {
            Some(provider) => self.recheck_triggers_of(provider.package),
            None => self.recheck_triggers(name),
        }
    }

    /// Two packages may stand for one name only if both provide it without a version.
    fn settle_again(&mut self, known: Choice, choice: Choice) {
        if !(self.is_loose(known) && self.is_loose(choice)) {
            self.fault(choice.provider().map(|provider| provider.package));
            self.fault(known.provider().map(|provider| provider.package));
        }
    }

    fn is_loose(&self, choice: Choice) -> bool {
        choice
            .provider()
            .is_none_or(|provider| self.universe.version_of(provider).is_none())
    }

    /// A package that came by `install-if` keeps what made it come.
    fn demand_conditions(&mut self, name: NameId, package: PackageId) {
        let universe = self.universe;
        if self.state(name).demands > 0 || !self.package(package).triggered {
            return;
        }
        for need in &universe.entry(package).install_if {
            if self.state(need.terms[0].name).choice.is_open() {
                self.demand(Some(package), need);
            }
        }
    }

    fn rule_out_others(&mut self, name: NameId, choice: Choice) {
        let universe = self.universe;
        let loosely = self.is_loose(choice);
        let taken = choice.provider().map(|provider| provider.package);
        for other in universe.providers_of(name) {
            let spared = loosely && self.is_loose(Choice::Taken(*other));
            if !spared && taken != Some(other.package) {
                self.rule_out(other.package);
            }
        }
    }
}
