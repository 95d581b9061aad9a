//! Changing what is asked for by what the page offers.

use asu_protocol::plan::{Fate, PackageChange, Remedy};

use super::Step;
use crate::model::{Adding, Model};
use crate::msg::Pick;
use crate::offer::{Channel, best, of_channel};
use crate::plan::Wish;
use crate::words::w;

impl Model {
    /// Changes the question and plans again. A pick of something that is not on the page does
    /// nothing.
    pub(crate) fn pick(&mut self, kind: Pick, first: usize, second: usize) {
        if kind == Pick::Undo {
            if first < self.question.wishes.len() {
                self.question.wishes.remove(first);
                self.run(Step::Plan);
            }
            return;
        }
        if kind == Pick::Channel {
            return self.pick_channel(first);
        }
        let wishes = self.picked(kind, first, second).unwrap_or_default();
        if !wishes.is_empty() {
            self.form.adding = Adding::default();
            self.question.wishes.extend(wishes);
            self.run(Step::Plan);
        }
    }

    fn picked(&self, kind: Pick, first: usize, second: usize) -> Option<Vec<Wish>> {
        let one = match kind {
            Pick::Everything => return Some(self.every_first_remedy()),
            Pick::Remedy => remedy(self.problems().get(first)?.remedies.get(second)?),
            Pick::Instead => {
                let change = self.plan()?.changes.get(first)?;
                let other = &change.alternatives.get(second)?.name;
                instead(&change.name, other, taken(change))
            }
            Pick::Provider => {
                let choice = self.plan()?.choices.get(first)?;
                let other = choice.others.get(second)?;
                instead(&choice.chosen, other, vec![choice.chosen.clone()])
            }
            Pick::Without => {
                let change = self.plan()?.changes.get(first)?;
                without(&change.name, taken(change))
            }
            Pick::Rejected => {
                let name = &self.rejected.get(first)?.name;
                without(name, vec![name.clone()])
            }
            Pick::Near => adding(self.form.adding.near.get(first)?),
            Pick::Undo | Pick::Channel => return None,
        };
        Some(vec![one])
    }

    fn pick_channel(&mut self, which: usize) {
        let (Some(channel), Some(overview)) = (Channel::ALL.get(which), &self.overview) else {
            return;
        };
        let offers = of_channel(overview, &self.router, *channel, self.form.advanced);
        if let Some(version) = best(&offers, &self.router) {
            self.question.channel = *channel;
            self.ask_for(version);
        }
    }

    fn every_first_remedy(&self) -> Vec<Wish> {
        let problems = self.problems().iter();
        let first = problems.filter_map(|problem| problem.remedies.first());
        first.map(remedy).collect()
    }
}

/// What the new image has in the place of a package.
fn taken(change: &PackageChange) -> Vec<String> {
    match change.fate {
        Fate::Dropped => Vec::new(),
        Fate::Replaced => change.by.clone(),
        _ => vec![change.name.clone()],
    }
}

pub(super) fn adding(name: &str) -> Wish {
    Wish {
        text: w!("Add {0}", name),
        add: vec![name.to_owned()],
        remove: Vec::new(),
    }
}

fn remedy(remedy: &Remedy) -> Wish {
    Wish {
        text: remedy.text.clone(),
        add: remedy.add.clone(),
        remove: remedy.remove.clone(),
    }
}

fn instead(name: &str, other: &str, taken: Vec<String>) -> Wish {
    Wish {
        text: w!("Use {0} instead of {1}", other, name),
        add: vec![other.to_owned()],
        remove: taken,
    }
}

fn without(name: &str, taken: Vec<String>) -> Wish {
    Wish {
        text: w!("Do without {0}", name),
        add: Vec::new(),
        remove: taken,
    }
}
