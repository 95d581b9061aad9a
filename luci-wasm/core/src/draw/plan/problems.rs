//! Why an upgrade cannot be done as it is, and what solves that.

use asu_protocol::plan::{PlanProblem, Remedy};

use super::super::parts::{actions, button, card};
use super::row::arrow;
use super::{busy, choice, pick, wishes};
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};

/// How many remedies of a problem are shown at once.
const SHOWN: usize = 4;

pub(in crate::draw) fn problems(model: &Model) -> Element {
    let problems = model.problems();
    let title = match problems.len() {
        1 => "One thing stands in the way".to_owned(),
        count => format!("{count} things stand in the way"),
    };
    let lead = format!(
        "OpenWrt {} cannot be installed with exactly these packages. Choose what shall change; nothing happens on the router yet.",
        model.answered.version
    );
    let best = problems
        .iter()
        .position(|problem| complete(problem).is_some());
    let shown = problems
        .iter()
        .enumerate()
        .map(|(place, problem)| one(place, problem, best == Some(place), problems.len() > 1));
    busy(model, card(title, lead))
        .child(choice(model))
        .child(wishes(model))
        .child(el("ul").class("problems").children(shown))
        .child(
            actions()
                .maybe(everything(problems))
                .child(button(Action::Back, "Back", "quiet")),
        )
}

fn complete(problem: &PlanProblem) -> Option<usize> {
    problem.remedies.iter().position(|remedy| remedy.complete)
}

/// One button for all, where no single remedy solves them all.
fn everything(problems: &[PlanProblem]) -> Option<Element> {
    let all_have = problems.iter().all(|problem| !problem.remedies.is_empty());
    let none_solves = problems.iter().all(|problem| complete(problem).is_none());
    let offered = problems.len() > 1 && all_have && none_solves;
    let label = "Take the first way for each".to_owned();
    offered.then(|| pick(Pick::Everything, 0, 0, label, "primary"))
}

fn one(place: usize, problem: &PlanProblem, is_best: bool, of_many: bool) -> Element {
    let best = complete(problem).filter(|_| is_best);
    let remedies = problem.remedies.iter().enumerate();
    let mut buttons: Vec<Element> = remedies
        .map(|(which, remedy)| way(place, which, remedy, best == Some(which), of_many))
        .collect();
    let more = buttons.split_off(buttons.len().min(SHOWN));
    el("li")
        .class("problem")
        .child(el("p").class("what").text(problem.text.as_str()))
        .maybe((problem.chain.len() > 1).then(|| chain(&problem.chain)))
        .child(if buttons.is_empty() {
            el("p")
                .class("small")
                .text("No change of packages is known that solves this. Choose another version above, or go back.")
        } else {
            div("ways").children(buttons)
        })
        .maybe((!more.is_empty()).then(|| {
            el("details")
                .child(el("summary").text(format!("More ways ({})", more.len())))
                .child(div("ways").children(more))
        }))
}

/// From what was asked for to where it fails.
fn chain(names: &[String]) -> Element {
    let steps = names.iter().enumerate().map(|(place, name)| {
        let step = el("span").class("step");
        let step = if place > 0 {
            step.child(arrow(" needs "))
        } else {
            step
        };
        step.child(el("code").text(name.as_str()))
    });
    el("p").class("chain").children(steps)
}

fn way(place: usize, which: usize, remedy: &Remedy, best: bool, of_many: bool) -> Element {
    let class = if best { "primary" } else { "plain" };
    let tag =
        (remedy.complete && of_many).then(|| el("span").class("tag").text("solves everything"));
    pick(Pick::Remedy, place, which, remedy.text.clone(), class).maybe(tag)
}
