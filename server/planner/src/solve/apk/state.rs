//! What apk knows about names and packages while it chooses.

use std::collections::{BTreeSet, VecDeque};

use crate::solve::universe::{NameId, Need, PackageId, Provider, Universe};

/// Where a name waits for its choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Queue {
    #[default]
    None,
    /// One option, and nothing left that could ask for it: first come, first served.
    Now,
    /// Some provider may be taken unasked: the highest `order` first.
    Pickable,
    /// The rest, in the same order.
    Rest,
}

/// What is decided for a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Choice {
    #[default]
    Open,
    /// Nothing will provide it.
    Nothing,
    Taken(Provider),
}

impl Choice {
    pub(super) fn is_open(self) -> bool {
        self == Self::Open
    }

    pub(super) fn provider(self) -> Option<Provider> {
        match self {
            Self::Taken(provider) => Some(provider),
            Self::Open | Self::Nothing => None,
        }
    }
}

// Each flag is one independent fact; together they are the walk's memory of a name.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub(super) struct NameState {
    pub(super) choice: Choice,
    /// The later the walk met it, the higher. Names the world does not mention are negative.
    pub(super) order: i32,
    /// How many requirements rest on it.
    pub(super) demands: u32,
    /// Scratch: how many options in a row need it, and provide it.
    pub(super) common_needs: u32,
    pub(super) common_faces: u32,
    /// Scratch: some of these provide it without a version.
    pub(super) loosely: bool,
    pub(super) met: bool,
    pub(super) recheck_needs: bool,
    pub(super) recheck_triggers: bool,
    /// Some provider's `install-if` came true.
    pub(super) triggered: bool,
    /// No provider's `install-if` can come true.
    pub(super) untriggerable: bool,
    /// More than one option.
    pub(super) open: bool,
    /// Everything that could ask for it is settled.
    pub(super) demands_known: bool,
    /// Some provider may be taken unasked.
    pub(super) pickable: bool,
    /// An `install-if` waits for its absence.
    pub(super) absence_wanted: bool,
    /// Waits to be weighed.
    pub(super) dirty: bool,
    pub(super) queue: Queue,
    /// apk has decided what becomes of the name.
    pub(super) changed: bool,
}

#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub(super) struct PackageState {
    pub(super) met: bool,
    pub(super) usable: bool,
    /// How many requirements it contradicts.
    pub(super) contradicted: u32,
    /// Was an option when its name was weighed last; and while another name is weighed.
    pub(super) option: bool,
    pub(super) weighed: bool,
    pub(super) triggered: bool,
    pub(super) untriggerable: bool,
    pub(super) faulty: bool,
    pub(super) changed: bool,
}

pub(super) struct Walk<'u> {
    pub(super) universe: &'u Universe,
    pub(super) names: Vec<NameState>,
    pub(super) packages: Vec<PackageState>,
    /// Names the world mentions, sorted.
    pub(super) in_world: Vec<NameId>,
    pub(super) last_order: u32,
    pub(super) dirty: VecDeque<NameId>,
    pub(super) now: VecDeque<NameId>,
    pub(super) pickable: BTreeSet<(i32, NameId)>,
    pub(super) rest: BTreeSet<(i32, NameId)>,
    pub(super) faults: usize,
    /// Needed names that nothing was chosen for.
    pub(super) unprovided: Vec<NameId>,
}

impl<'u> Walk<'u> {
    pub(super) fn new(universe: &'u Universe) -> Self {
        Self {
            universe,
            names: vec![NameState::default(); universe.names.len()],
            packages: vec![PackageState::default(); universe.entries.len()],
            in_world: Vec::new(),
            last_order: 0,
            dirty: VecDeque::new(),
            now: VecDeque::new(),
            pickable: BTreeSet::new(),
            rest: BTreeSet::new(),
            faults: 0,
            unprovided: Vec::new(),
        }
    }

    /// Weighs and chooses until nothing waits.
    pub(super) fn run(&mut self) {
        loop {
            while let Some(name) = self.dirty.pop_front() {
                if std::mem::take(&mut self.state_mut(name).dirty) {
                    self.weigh(name);
                }
            }
            let Some(name) = self.next_name() else { return };
            self.choose(name);
        }
    }

    pub(super) fn state(&self, name: NameId) -> &NameState {
        &self.names[name.0 as usize]
    }

    pub(super) fn state_mut(&mut self, name: NameId) -> &mut NameState {
        &mut self.names[name.0 as usize]
    }

    pub(super) fn package(&self, id: PackageId) -> &PackageState {
        &self.packages[id.0 as usize]
    }

    pub(super) fn package_mut(&mut self, id: PackageId) -> &mut PackageState {
        &mut self.packages[id.0 as usize]
    }

    /// Whether the need, stated by a package or the world, is met by the provider or by nothing.
    pub(super) fn holds(
        &self,
        by: Option<PackageId>,
        need: &Need,
        provider: Option<Provider>,
    ) -> bool {
        let Some(provider) = provider else {
            return need.forbids;
        };
        if need.forbids && by == Some(provider.package) {
            return true;
        }
        self.universe.meets(&need.terms[0], provider) != need.forbids
    }

    /// A package that is part of the trouble is counted once.
    pub(super) fn fault(&mut self, package: Option<PackageId>) {
        let Some(package) = package else { return };
        if !std::mem::replace(&mut self.package_mut(package).faulty, true) {
            self.faults += 1;
        }
    }

    pub(super) fn queue_weighing(&mut self, name: NameId) {
        let state = self.state_mut(name);
        let idle = state.demands == 0 && !state.recheck_triggers;
        if state.dirty || !state.choice.is_open() || idle {
            return;
        }
        state.dirty = true;
        self.dirty.push_back(name);
    }

    /// Puts the name where it waits for its choice; `again` if what decides that has changed.
    pub(super) fn queue_choice(&mut self, name: NameId, again: bool) {
        let state = self.state(name);
        if !state.choice.is_open() {
            return;
        }
        let ready = state.demands_known && state.demands > 0 && state.pickable && !state.open;
        let wanted = state.demands > 0 || state.triggered || state.absence_wanted;
        match state.queue {
            Queue::Now => return,
            Queue::None if !wanted => return,
            Queue::Pickable | Queue::Rest if !ready && !again => return,
            _ => self.unqueue(name),
        }
        self.enqueue(name, ready);
    }

    fn enqueue(&mut self, name: NameId, ready: bool) {
        let state = self.state_mut(name);
        let key = (state.order, name);
        if ready {
            state.queue = Queue::Now;
            self.now.push_back(name);
        } else if state.pickable {
            state.queue = Queue::Pickable;
            self.pickable.insert(key);
        } else {
            state.queue = Queue::Rest;
            self.rest.insert(key);
        }
    }

    pub(super) fn unqueue(&mut self, name: NameId) {
        let state = self.state_mut(name);
        let key = (state.order, name);
        match std::mem::take(&mut state.queue) {
            Queue::None => {}
            // Rare and short: the queue holds what is chosen next.
            Queue::Now => self.now.retain(|waiting| *waiting != name),
            Queue::Pickable => _ = self.pickable.remove(&key),
            Queue::Rest => _ = self.rest.remove(&key),
        }
    }

    fn next_name(&mut self) -> Option<NameId> {
        let name = self
            .now
            .pop_front()
            .or_else(|| self.pickable.pop_last().map(|(_, name)| name))
            .or_else(|| self.rest.pop_last().map(|(_, name)| name))?;
        self.state_mut(name).queue = Queue::None;
        Some(name)
    }

    pub(super) fn recheck_dependents(&mut self, name: NameId) {
        let universe = self.universe;
        for other in &universe.name(name).needed_by {
            if self.state(*other).met {
                self.state_mut(*other).recheck_needs = true;
                self.queue_weighing(*other);
            }
        }
    }

    pub(super) fn recheck_triggers(&mut self, name: NameId) {
        let universe = self.universe;
        for other in &universe.name(name).triggers {
            if self.state(*other).met && !self.state(*other).untriggerable {
                self.state_mut(*other).recheck_triggers = true;
                self.queue_weighing(*other);
            }
        }
    }

    pub(super) fn recheck_triggers_of(&mut self, package: PackageId) {
        let universe = self.universe;
        for (name, _) in universe.faces(package) {
            self.recheck_triggers(name);
        }
    }

    /// Takes a package out of the running.
    pub(super) fn rule_out(&mut self, package: PackageId) {
        let universe = self.universe;
        self.package_mut(package).usable = false;
        for (name, _) in universe.faces(package) {
            self.recheck_dependents(name);
        }
        self.recheck_triggers_of(package);
    }
}
