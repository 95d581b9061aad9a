//! The packages of a plan, in groups that can be searched.

use asu_protocol::plan::{Choice, Fate, PackageChange};

use super::super::parts::small;
use super::pick;
use super::row::{arrow, row};
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::plan::Plan;
use crate::words::w;

/// The groups in the order of their importance, and whether they are open from the start.
const GROUPS: [(Fate, &str, bool); 7] = [
    (Fate::Replaced, w!("Replaced"), true),
    (Fate::Dropped, w!("Removed"), true),
    (Fate::Added, w!("Added"), true),
    (Fate::Downgraded, w!("In an older version"), true),
    (Fate::Upgraded, w!("In a newer version"), true),
    (Fate::Changed, w!("In another version"), true),
    (Fate::Kept, w!("Unchanged"), false),
];

/// Longer groups are closed from the start, unless they are about what will be missed.
const LONG: usize = 12;

/// Everything that changes, and everything the new image has.
pub(super) fn changes(model: &Model, plan: &Plan) -> Element {
    let found = matches(model, plan);
    let groups = GROUPS.map(|(fate, title, open)| {
        let rows = plan.with(fate);
        group(model, plan, (fate, title, open), &rows)
    });
    let none = (found == 0).then(|| {
        small(w!(
            "No package here has “{0}” in its name.",
            model.form.filter.trim()
        ))
    });
    div("changes")
        .child(el("h2").text(w!("What changes")))
        .maybe(model.may(Action::Add).then(|| super::add::add(model)))
        .child(filter())
        .child(div("slot").maybe(none))
        .children(groups)
        .child(choices(model, plan))
        .child(image(model, plan))
}

fn filter() -> Element {
    let input = el("input")
        .attr("id", "asu-filter")
        .attr("type", "search")
        .attr("autocomplete", "off")
        .attr("autocapitalize", "none")
        .attr("spellcheck", "false");
    div("filter")
        .child(
            el("label")
                .attr("for", "asu-filter")
                .text(w!("Find a package")),
        )
        .child(input)
}

/// How many packages of the plan have the text that is searched for in their names.
pub(in crate::draw) fn matches(model: &Model, plan: &Plan) -> usize {
    let changes = plan.changes.iter();
    let found = changes.filter(|change| is_wanted(model, change)).count();
    let names = plan.install.keys();
    found.max(names.filter(|name| has(model, name)).count())
}

fn has(model: &Model, name: &str) -> bool {
    let wanted = model.form.filter.trim();
    name.contains(wanted) || name.contains(&wanted.to_ascii_lowercase())
}

fn is_wanted(model: &Model, change: &PackageChange) -> bool {
    has(model, &change.name) || change.by.iter().any(|by| has(model, by))
}

fn group(
    model: &Model,
    plan: &Plan,
    (fate, title, open): (Fate, &'static str, bool),
    all: &[(usize, &PackageChange)],
) -> Element {
    let wanted = all.iter().filter(|(_, change)| is_wanted(model, change));
    let rows: Vec<Element> = wanted
        .map(|(place, change)| row(model, plan, *place, change))
        .collect();
    let searching = !model.form.filter.trim().is_empty();
    let short = open && (all.len() <= LONG || fate == Fate::Dropped);
    folded(title, &count(rows.len(), all.len()))
        .flag("open", short || searching)
        .flag("hidden", rows.is_empty())
        .child(el("ul").class("packages").children(rows))
}

fn count(found: usize, all: usize) -> String {
    if found == all {
        all.to_string()
    } else {
        w!("{0} of {1}", found, all)
    }
}

fn folded(title: &'static str, count: &str) -> Element {
    let number = el("span").class("count").text(count);
    el("details").class("group").child(
        el("summary")
            .child(el("span").class("title").text(title))
            .child(number),
    )
}

/// Where several packages would have done.
fn choices(model: &Model, plan: &Plan) -> Element {
    let rows = plan.choices.iter().enumerate();
    let rows = rows.map(|(place, choice)| provider(model, place, choice));
    folded(w!("Chosen among several"), &plan.choices.len().to_string())
        .flag("hidden", plan.choices.is_empty())
        .child(small(w!(
            "More than one package provides these names; this one of them was taken."
        )))
        .child(el("ul").class("packages").children(rows))
}

fn provider(model: &Model, place: usize, choice: &Choice) -> Element {
    let name = el("span")
        .class("name")
        .text(choice.name.as_str())
        .child(arrow(w!(" is provided by ")))
        .child(el("b").text(choice.chosen.as_str()));
    let others = choice.others.iter().enumerate();
    let buttons = others.map(|(other, name)| {
        let label = w!("Use {0} instead", name);
        pick(Pick::Provider, place, other, label, "plain mini")
    });
    let ways = model
        .may(Action::Add)
        .then(|| div("ways").children(buttons));
    el("li").child(name).maybe(ways)
}

/// The whole content of the new image.
fn image(model: &Model, plan: &Plan) -> Element {
    let wanted = plan.install.iter().filter(|(name, _)| has(model, name));
    let rows: Vec<Element> = wanted
        .map(|(name, version)| {
            el("li")
                .child(el("span").class("name").text(name.as_str()))
                .child(el("span").class("version").text(version.as_str()))
        })
        .collect();
    let count = count(rows.len(), plan.install.len());
    folded(w!("Everything in the new image"), &count)
        .flag("hidden", rows.is_empty())
        .child(el("ul").class("packages").children(rows))
}
