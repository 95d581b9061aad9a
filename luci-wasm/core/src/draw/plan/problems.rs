//! Why an upgrade cannot be done as it is, and what solves that.

use asu_protocol::plan::{PlanProblem, Remedy};

use super::super::parts::{actions, button, card, small};
use super::choice::choice;
use super::row::arrow;
use super::{busy, pick, wishes};
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::order::contains;
use crate::words::{many, w};

/// How many remedies of a problem are shown at once.
const SHOWN: usize = 4;

pub(in crate::draw) fn problems(model: &Model) -> Element {
    let problems = model.problems();
    let title = many!(
        "One thing stands in the way",
        "{0} things stand in the way",
        problems.len()
    );
    let lead = w!(
        "OpenWrt {0} cannot be installed with exactly these packages. Choose what shall change; nothing happens on the router yet.",
        model.answered.version
    );
    let of_many = problems.len() > 1;
    let shown = problems
        .iter()
        .enumerate()
        .map(|(place, problem)| one(place, problem, of_many));
    busy(model, card(title, lead))
        .child(choice(model))
        .child(wishes(model))
        .child(div("slot").maybe(ways_out(problems).filter(|_| of_many)))
        .child(el("ul").class("problems").children(shown))
        .child(actions().maybe(everything(problems)).child(button(
            Action::Back,
            w!("Back"),
            "quiet",
        )))
}

fn is_complete(problem: &PlanProblem) -> bool {
    problem.remedies.iter().any(|remedy| remedy.complete)
}

/// What solves all problems, told once and not with each of them.
fn ways_out(problems: &[PlanProblem]) -> Option<Element> {
    let mut texts: Vec<&str> = Vec::new();
    let mut buttons = Vec::new();
    for (place, problem) in problems.iter().enumerate() {
        for (which, remedy) in problem.remedies.iter().enumerate() {
            if remedy.complete && !contains(&texts, &remedy.text) {
                texts.push(&remedy.text);
                buttons.push(way(place, which, remedy, buttons.is_empty()));
            }
        }
    }
    (!buttons.is_empty()).then(|| {
        div("next")
            .child(el("h2").text(w!("This solves everything")))
            .child(ways(buttons))
    })
}

/// One button for all, where no single remedy solves them all.
fn everything(problems: &[PlanProblem]) -> Option<Element> {
    let all_have = problems.iter().all(|problem| !problem.remedies.is_empty());
    let offered = problems.len() > 1 && all_have && !problems.iter().any(is_complete);
    let label = w!("Take the first suggestion for each").to_owned();
    offered.then(|| pick(Pick::Everything, 0, 0, label, "primary"))
}

fn one(place: usize, problem: &PlanProblem, of_many: bool) -> Element {
    let mut buttons = Vec::new();
    for (which, remedy) in problem.remedies.iter().enumerate() {
        if !(of_many && remedy.complete) {
            let best = remedy.complete && buttons.is_empty();
            buttons.push(way(place, which, remedy, best));
        }
    }
    let helpless = problem.remedies.is_empty().then(|| {
        small(w!("No change of packages is known that solves this. Choose another version above, or go back."))
    });
    el("li")
        .class("problem")
        .child(el("p").class("what").text(problem.text.as_str()))
        .maybe((problem.chain.len() > 1).then(|| chain(&problem.chain)))
        .maybe(helpless)
        .maybe((!buttons.is_empty()).then(|| ways(buttons)))
}

/// The first few ways, and the others folded away.
fn ways(mut buttons: Vec<Element>) -> Element {
    let more: Vec<Element> = buttons.drain(buttons.len().min(SHOWN)..).collect();
    let folded = (!more.is_empty()).then(|| {
        el("details")
            .child(el("summary").text(w!("More ways ({0})", more.len())))
            .child(div("ways").children(more))
    });
    div("ways").children(buttons).maybe(folded)
}

/// From what was asked for to where it fails.
fn chain(names: &[String]) -> Element {
    let steps = names.iter().enumerate().map(|(place, name)| {
        let step = el("span").class("step");
        let step = if place > 0 {
            step.child(arrow(w!(" needs ")))
        } else {
            step
        };
        step.child(el("code").text(name.as_str()))
    });
    el("p").class("chain").children(steps)
}

fn way(place: usize, which: usize, remedy: &Remedy, best: bool) -> Element {
    let class = if best { "primary" } else { "plain" };
    pick(Pick::Remedy, place, which, remedy.text.clone(), class)
}
