//! The walk over everything the world could reach, which decides who is chosen first.

use super::state::Walk;
use crate::solve::universe::{NameId, PackageId};
use crate::solve::walk::Demand;

/// How far the walk has got with a name.
#[derive(Clone, Copy)]
enum Stage {
    Provider(usize),
    Neighbours,
    Number,
    Left,
}

struct Frame {
    name: NameId,
    stage: Stage,
    /// Names to visit before the next stage, last first.
    pending: Vec<NameId>,
}

impl Frame {
    fn new(name: NameId) -> Self {
        Self {
            name,
            stage: Stage::Provider(0),
            pending: Vec::new(),
        }
    }
}

impl Walk<'_> {
    pub(super) fn meet_world(&mut self, world: &[Demand]) {
        self.in_world = world
            .iter()
            .map(|demand| demand.need.terms[0].name)
            .collect();
        self.in_world.sort_unstable();
        for demand in world {
            self.meet(demand.need.terms[0].name);
        }
    }

    // A list instead of recursion: an index decides how deep this goes.
    fn meet(&mut self, name: NameId) {
        let mut stack = Vec::new();
        self.enter(name, &mut stack);
        while let Some(frame) = stack.last_mut() {
            if let Some(next) = frame.pending.pop() {
                self.enter(next, &mut stack);
            } else if !self.advance(frame) {
                stack.pop();
            }
        }
    }

    fn enter(&mut self, name: NameId, stack: &mut Vec<Frame>) {
        let state = self.state_mut(name);
        if !std::mem::replace(&mut state.met, true) {
            state.untriggerable = true;
            stack.push(Frame::new(name));
        }
    }

    /// Does the next stage of a name; false once there is none.
    fn advance(&mut self, frame: &mut Frame) -> bool {
        let providers = self.universe.providers_of(frame.name);
        match frame.stage {
            Stage::Provider(0) if providers.is_empty() => frame.stage = Stage::Neighbours,
            Stage::Provider(index) => {
                self.meet_package(frame, providers[index].package);
                frame.stage = match index + 1 {
                    next if next == providers.len() => Stage::Neighbours,
                    next => Stage::Provider(next),
                };
            }
            Stage::Neighbours => {
                self.note_triggerable(frame.name);
                frame.pending = self.neighbours(frame.name);
                frame.stage = Stage::Number;
            }
            Stage::Number => {
                self.number(frame.name);
                frame.pending = self.conditions(frame.name);
                frame.stage = Stage::Left;
            }
            Stage::Left => return false,
        }
        true
    }

    fn meet_package(&mut self, frame: &mut Frame, id: PackageId) {
        let entry = self.universe.entry(id);
        let package = self.package_mut(id);
        if std::mem::replace(&mut package.met, true) {
            return;
        }
        package.usable = entry.usable;
        package.untriggerable = entry.install_if.is_empty();
        frame.pending = entry
            .needs
            .iter()
            .rev()
            .map(|need| need.terms[0].name)
            .collect();
    }

    fn note_triggerable(&mut self, name: NameId) {
        let providers = self.universe.providers_of(name);
        let none = providers
            .iter()
            .all(|p| self.package(p.package).untriggerable);
        self.state_mut(name).untriggerable = none;
    }

    /// What waits for the name or its providers, and the other names of these; last first.
    fn neighbours(&self, name: NameId) -> Vec<NameId> {
        let universe = self.universe;
        let mut names = universe.name(name).triggers.clone();
        for provider in universe.providers_of(name) {
            let entry = universe.entry(provider.package);
            names.extend(&universe.name(entry.name).triggers);
            names.extend(&entry.provides);
        }
        names.reverse();
        names
    }

    fn conditions(&self, name: NameId) -> Vec<NameId> {
        let providers = self.universe.providers_of(name).iter().rev();
        let conditions =
            providers.flat_map(|p| self.universe.entry(p.package).install_if.iter().rev());
        conditions.map(|need| need.terms[0].name).collect()
    }

    /// Names in the world rank above the others, names of packages above virtual ones, and then
    /// those numbered later, which is after what they need.
    fn number(&mut self, name: NameId) {
        self.last_order += 1;
        let outside = u32::from(self.in_world.binary_search(&name).is_err());
        let own = self
            .universe
            .providers_of(name)
            .iter()
            .any(|provider| provider.slot.is_none());
        let order = (outside << 31) | (u32::from(own) << 30) | self.last_order;
        self.state_mut(name).order = order.cast_signed();
    }
}
