//! The order of installation, and the last check: does what was chosen meet all needs?

use super::state::Walk;
use crate::solve::universe::{NameId, Need, PackageId};
use crate::solve::walk::Demand;

/// A step that waits; the last one put down is taken first.
enum Step<'a> {
    Need(Option<PackageId>, &'a Need),
    /// If the second package is at fault, so is the first.
    Inherit(Option<PackageId>, Option<PackageId>),
    Install(PackageId),
    Triggered(NameId),
}

impl<'u> Walk<'u> {
    /// Dependencies come before what needs them, what is triggered after what triggered it.
    pub(super) fn changes<'a>(&mut self, world: &'a [Demand]) -> Vec<PackageId>
    where
        'u: 'a,
    {
        let mut order = Vec::new();
        let mut steps: Vec<Step<'a>> = world
            .iter()
            .rev()
            .map(|demand| Step::Need(None, &demand.need))
            .collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Need(by, need) => self.need_step(by, need, &mut steps),
                Step::Inherit(by, from) => {
                    if from.is_some_and(|from| self.package(from).faulty) {
                        self.fault(by);
                    }
                }
                Step::Install(package) => {
                    order.push(package);
                    self.trigger_steps(package, &mut steps);
                }
                Step::Triggered(name) => {
                    if self.triggered_now(name) {
                        self.name_steps(name, &mut steps);
                    }
                }
            }
        }
        order
    }

    fn need_step<'a>(&mut self, by: Option<PackageId>, need: &'a Need, steps: &mut Vec<Step<'a>>)
    where
        'u: 'a,
    {
        let name = need.terms[0].name;
        let choice = self.state(name).choice.provider();
        if !self.holds(by, need, choice) {
            self.fault(by);
        }
        steps.push(Step::Inherit(by, choice.map(|provider| provider.package)));
        self.name_steps(name, steps);
    }

    fn name_steps<'a>(&mut self, name: NameId, steps: &mut Vec<Step<'a>>)
    where
        'u: 'a,
    {
        let universe = self.universe;
        if std::mem::replace(&mut self.state_mut(name).changed, true) {
            return;
        }
        let Some(package) = self.state(name).choice.provider().map(|p| p.package) else {
            return;
        };
        if std::mem::replace(&mut self.package_mut(package).changed, true) {
            return;
        }
        for (name, _) in universe.faces(package) {
            self.state_mut(name).changed = true;
        }
        steps.push(Step::Install(package));
        let needs = universe.entry(package).needs.iter().rev();
        steps.extend(needs.map(|need| Step::Need(Some(package), need)));
    }

    fn trigger_steps(&self, package: PackageId, steps: &mut Vec<Step<'_>>) {
        let universe = self.universe;
        let faces: Vec<NameId> = universe.faces(package).map(|(name, _)| name).collect();
        for face in faces.iter().rev() {
            let triggers = universe.name(*face).triggers.iter().rev();
            steps.extend(triggers.map(|name| Step::Triggered(*name)));
        }
    }

    fn triggered_now(&self, name: NameId) -> bool {
        let state = self.state(name);
        let Some(provider) = state.choice.provider() else {
            return false;
        };
        let mut conditions = self.universe.entry(provider.package).install_if.iter();
        state.met
            && !state.changed
            && conditions.all(|need| {
                let condition = self.state(need.terms[0].name);
                (need.forbids || condition.changed)
                    && self.holds(Some(provider.package), need, condition.choice.provider())
            })
    }
}
