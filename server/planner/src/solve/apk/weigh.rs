//! Consequences: what follows for a name from what is known so far.

use super::state::Walk;
use crate::solve::universe::{NameId, Need, PackageId, Provider};

impl Walk<'_> {
    /// Counts a requirement of a package or of the world.
    pub(super) fn demand(&mut self, by: Option<PackageId>, need: &Need) {
        let universe = self.universe;
        let name = need.terms[0].name;
        if !need.forbids {
            self.state_mut(name).demands += 1;
            if self.state(name).demands == 1 {
                self.demanded(name);
            }
        }
        for provider in universe.providers_of(name) {
            if !self.holds(by, need, Some(*provider)) {
                self.contradict(provider.package);
            }
        }
    }

    fn contradict(&mut self, package: PackageId) {
        self.package_mut(package).contradicted += 1;
        if self.package(package).usable {
            self.rule_out(package);
        }
    }

    fn demanded(&mut self, name: NameId) {
        self.queue_choice(name, false);
        self.recheck_triggers(name);
        self.queue_weighing(name);
    }

    /// Looks again at a name and all its providers.
    pub(super) fn weigh(&mut self, name: NameId) {
        let universe = self.universe;
        let recheck_needs = std::mem::take(&mut self.state_mut(name).recheck_needs);
        let recheck_triggers = std::mem::take(&mut self.state_mut(name).recheck_triggers);
        let mut weighing = Weighing {
            untriggerable: true,
            ..Weighing::default()
        };
        for provider in universe.providers_of(name) {
            self.package_mut(provider.package).weighed = false;
            if recheck_needs {
                self.recheck_package(provider.package);
            }
            if self.package(provider.package).usable {
                self.weigh_provider(name, *provider, recheck_triggers, &mut weighing);
            }
        }
        let again = self.note(name, &weighing);
        self.draw_conclusions(name, &weighing);
        self.note_open_demands(name);
        self.queue_choice(name, again);
    }

    fn recheck_package(&mut self, package: PackageId) {
        let universe = self.universe;
        let mut needs = universe.entry(package).needs.iter();
        if self.package(package).usable && needs.any(|need| !self.satisfiable(package, need)) {
            self.rule_out(package);
        }
    }

    /// Whether the need can still be met by what is chosen or may be.
    fn satisfiable(&self, by: PackageId, need: &Need) -> bool {
        let name = need.terms[0].name;
        let choice = self.state(name).choice;
        if !choice.is_open() {
            return self.holds(Some(by), need, choice.provider());
        }
        let nothing = self.state(name).demands == 0 && need.forbids;
        nothing
            || self.universe.providers_of(name).iter().any(|provider| {
                self.package(provider.package).usable && self.holds(Some(by), need, Some(*provider))
            })
    }

    fn weigh_provider(
        &mut self,
        name: NameId,
        provider: Provider,
        recheck_triggers: bool,
        weighing: &mut Weighing,
    ) {
        let id = provider.package;
        if recheck_triggers && !self.package(id).triggered && !self.package(id).untriggerable {
            self.weigh_triggers(id);
        }
        weighing.triggered |= self.package(id).triggered;
        weighing.untriggerable &= self.package(id).untriggerable;
        weighing.pickable |= self.package(id).triggered;
        if self.state(name).demands > 0 {
            self.package_mut(id).weighed = true;
            self.intersect(id, provider, weighing.options);
            weighing.first.get_or_insert(id);
            weighing.options += 1;
            weighing.pickable |= self.may_be_picked(provider);
        }
    }

    /// Whether all conditions of `install-if` are settled and hold.
    fn weigh_triggers(&mut self, id: PackageId) {
        let universe = self.universe;
        for need in &universe.entry(id).install_if {
            let name = need.terms[0].name;
            let choice = self.state(name).choice;
            if choice.is_open() {
                if need.forbids {
                    self.state_mut(name).absence_wanted = true;
                    self.queue_choice(name, false);
                }
                return;
            }
            if !self.holds(Some(id), need, choice.provider()) {
                self.package_mut(id).untriggerable = true;
                return;
            }
        }
        self.package_mut(id).triggered = true;
    }

    /// Counts the names that every option so far needs, and those that every option provides.
    fn intersect(&mut self, id: PackageId, provider: Provider, options: u32) {
        let universe = self.universe;
        for need in universe.entry(id).needs.iter().filter(|need| !need.forbids) {
            count_on(
                &mut self.state_mut(need.terms[0].name).common_needs,
                options,
            );
        }
        for (name, face) in universe.faces(id) {
            // For its own name, what counts is how the weighed name is provided.
            let face = if face.slot.is_none() { provider } else { face };
            let loosely = universe.version_of(face).is_none();
            let state = self.state_mut(name);
            if count_on(&mut state.common_faces, options) {
                state.loosely |= loosely;
            }
        }
    }

    fn note(&mut self, name: NameId, weighing: &Weighing) -> bool {
        let state = self.state_mut(name);
        state.open = weighing.options > 1;
        state.triggered = weighing.triggered;
        state.untriggerable = weighing.untriggerable;
        std::mem::replace(&mut state.pickable, weighing.pickable) != weighing.pickable
    }

    fn draw_conclusions(&mut self, name: NameId, weighing: &Weighing) {
        let universe = self.universe;
        let Some(first) = weighing.first else { return };
        for provider in universe.providers_of(name) {
            let package = self.package_mut(provider.package);
            package.option = package.weighed;
        }
        for need in &universe.entry(first).needs {
            if self.take_common(need, weighing.options) {
                self.pass_on(first, need, weighing.options);
            }
        }
        for (other, _) in universe.faces(first) {
            let common = std::mem::take(&mut self.state_mut(other).common_faces);
            if common == weighing.options {
                self.narrow(other, name);
            }
        }
        for (other, _) in universe.faces(first) {
            self.state_mut(other).loosely = false;
        }
    }

    fn take_common(&mut self, need: &Need, options: u32) -> bool {
        std::mem::take(&mut self.state_mut(need.terms[0].name).common_needs) == options
    }

    /// A need of the only option counts as it is; one that all share counts as a need of the name.
    fn pass_on(&mut self, by: PackageId, need: &Need, options: u32) {
        let name = need.terms[0].name;
        if options == 1 {
            self.demand(Some(by), need);
        } else if self.state(name).demands == 0 {
            self.state_mut(name).demands = 1;
            self.demanded(name);
        }
    }

    /// Whoever provides `name` must provide `other` too, since one package will provide both.
    fn narrow(&mut self, name: NameId, other: NameId) {
        let universe = self.universe;
        let loosely = self.state(name).loosely;
        if name == other {
            return;
        }
        for provider in universe.providers_of(name) {
            let spared = loosely && universe.version_of(*provider).is_none();
            let usable = self.package(provider.package).usable;
            if usable && !spared && !self.stands_for(provider.package, other, loosely) {
                self.rule_out(provider.package);
            }
        }
    }

    fn stands_for(&self, package: PackageId, other: NameId, loosely: bool) -> bool {
        let mut faces = self.universe.faces(package);
        faces.any(|(name, face)| {
            name == other || (loosely && self.universe.version_of(face).is_none())
        })
    }

    fn note_open_demands(&mut self, name: NameId) {
        let needed_by = &self.universe.name(name).needed_by;
        let known = needed_by.iter().map(|other| self.state(*other));
        let known = known
            .filter(|state| state.met)
            .all(|state| !state.choice.is_open());
        self.state_mut(name).demands_known = known;
    }

    /// Whether the provider may be taken for a name although nobody asked for the package.
    pub(super) fn may_be_picked(&self, provider: Provider) -> bool {
        let entry = self.universe.entry(provider.package);
        self.universe.version_of(provider).is_some()
            || entry.package.provider_priority > 0
            || self.state(entry.name).demands > 0
    }
}

/// What is learnt while the providers of a name are looked at in turn.
#[derive(Default)]
struct Weighing {
    first: Option<PackageId>,
    options: u32,
    triggered: bool,
    untriggerable: bool,
    pickable: bool,
}

/// Counts on if every option before counted, too.
fn count_on(counter: &mut u32, options: u32) -> bool {
    let all = *counter == options;
    if all {
        *counter += 1;
    }
    all
}
