//! What an upgrade would change, or why it cannot be done.

mod notes;
mod packages;
mod problems;
mod row;
mod size;

use asu_protocol::plan::Fate;

use super::parts::{actions, bar, button, card, checkbox};
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::offer::{Offer, offers};
use crate::plan::Plan;
use crate::state::State;
use crate::units;

pub(super) use problems::problems;

pub(super) fn plan(model: &Model) -> Element {
    let empty = Plan::default();
    let plan = model.plan().unwrap_or(&empty);
    let current = model.is_rebuild();
    let screen = if current {
        card(
            "Your router is up to date",
            format!(
                "OpenWrt {} is the newest stable release for it. You can have it built again with the newest versions of your packages.",
                plan.to.version
            ),
        )
    } else {
        card(
            format!("Upgrade to OpenWrt {}", plan.to.version),
            format!("{} {}", why(model, plan), summary(plan)),
        )
        .child(journey(plan))
    };
    busy(model, screen)
        .child(choice(model))
        .child(wishes(model))
        .child(notes::notes(model, plan))
        .child(div("slot").maybe(size::size(model, plan)))
        .child(closing(model, plan, current))
        .child(packages::changes(model, plan))
}

/// What a screen reader says when the list was searched, or the plan changed.
pub(super) fn announcement(model: &Model) -> String {
    match model.plan() {
        Some(plan) if !model.form.filter.trim().is_empty() => {
            format!("{} found.", units::packages(packages::matches(model, plan)))
        }
        Some(_) if !model.question.wishes.is_empty() => "The new plan is ready.".to_owned(),
        _ => String::new(),
    }
}

/// Says so, and offers to stop, while the page waits for the answer to a changed question.
fn busy(model: &Model, screen: Element) -> Element {
    let is_busy = model.state == State::Planning;
    let again = || {
        div("again")
            .child(el("p").text("Planning anew …"))
            .child(bar("Planning anew", 0, None))
            .child(button(Action::Cancel, "Cancel", "plain"))
    };
    screen
        .attr("aria-busy", if is_busy { "true" } else { "false" })
        .child(div("slot").maybe(is_busy.then(again)))
}

fn journey(plan: &Plan) -> Element {
    let end = |label: &'static str, version: &str, more: [&str; 2]| {
        let more: Vec<&str> = more.into_iter().filter(|text| !text.is_empty()).collect();
        div("end")
            .child(el("span").class("when").text(label))
            .child(el("strong").text(version))
            .child(el("span").class("revision").text(more.join(" · ")))
    };
    let (from, to) = (&plan.from, &plan.to);
    let moves = from.package_manager != to.package_manager && !from.package_manager.is_empty();
    let manager = |name: &'_ str| {
        if moves {
            name.to_owned()
        } else {
            String::new()
        }
    };
    let (old, new) = (manager(&from.package_manager), manager(&to.package_manager));
    div("journey")
        .child(end("Now", &from.version, [&from.revision, &old]))
        .child(el("span").class("arrow").attr("aria-hidden", "true"))
        .child(end("Then", &to.version, [&to.revision, &new]))
}

/// Why this release: from the list it was chosen from, or else as the server says.
fn why(model: &Model, plan: &Plan) -> String {
    let offered = choices(model, true);
    let offer = offered
        .iter()
        .find(|offer| offer.version == plan.to.version);
    let known = match offer.map_or("", |offer| offer.note) {
        "newest stable" => "the newest stable release for your router",
        "older" => "older than what is installed",
        "development" => "a development version",
        "test version" => "a candidate of the next release, for testing",
        _ => "",
    };
    match (known, plan.because.as_str()) {
        ("", "") => String::new(),
        ("", because) => format!("Why this one: {because}."),
        (known, _) => format!("This is {known}."),
    }
}

fn summary(plan: &Plan) -> String {
    let older = plan.count(Fate::Downgraded);
    let stay = [Fate::Kept, Fate::Upgraded, Fate::Changed].map(|fate| plan.count(fate));
    let stay = stay.iter().sum::<usize>() + older;
    let stay = format!("{} come along", units::packages(stay))
        .replace("1 package come", "1 package comes");
    let parts = [
        (plan.count(Fate::Replaced), "replaced"),
        (plan.count(Fate::Dropped), "removed"),
        (plan.count(Fate::Added), "added"),
        (older, "in an older version"),
    ];
    let others: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if others.is_empty() {
        format!("{stay}. Nothing else changes.")
    } else {
        format!("{stay}; {}.", others.join(", "))
    }
}

fn choices(model: &Model, advanced: bool) -> Vec<Offer> {
    let overview = model.overview.as_ref();
    overview
        .map(|overview| offers(overview, &model.router, advanced))
        .unwrap_or_default()
}

fn choice(model: &Model) -> Element {
    let mut choices = choices(model, model.form.advanced);
    let chosen = model.question.version.as_str();
    if !choices.iter().any(|offer| offer.version == chosen) {
        choices.push(Offer {
            version: chosen.to_owned(),
            note: "",
        });
    }
    let options = choices.into_iter().map(|offer| {
        let label = if offer.note.is_empty() {
            offer.version.clone()
        } else {
            format!("{} – {}", offer.version, offer.note)
        };
        el("option")
            .flag("selected", offer.version == chosen)
            .attr("value", offer.version)
            .text(label)
    });
    let select = el("select")
        .attr("id", "asu-version")
        .attr("data-value", chosen)
        .children(options);
    div("choice")
        .child(el("label").attr("for", "asu-version").text("Version"))
        .child(select)
        .child(checkbox(
            "asu-advanced",
            "Show all versions",
            "",
            model.form.advanced,
            true,
        ))
}

/// What a person changed about the question, each with a way back.
fn wishes(model: &Model) -> Element {
    let rows = model
        .question
        .wishes
        .iter()
        .enumerate()
        .map(|(place, wish)| {
            let undo = pick(Pick::Undo, place, 0, "Undo".to_owned(), "plain mini")
                .attr("aria-label", format!("Undo: {}", wish.text));
            el("li")
                .child(el("span").class("name").text(wish.text.as_str()))
                .child(undo)
        });
    let list = (!model.question.wishes.is_empty()).then(|| {
        div("wishes")
            .child(el("h2").text("Your changes"))
            .child(el("ul").children(rows))
    });
    div("slot").maybe(list)
}

/// A button that changes the question.
fn pick(kind: Pick, first: usize, second: usize, label: String, class: &'static str) -> Element {
    let action = Action::pick(kind, first, second);
    match action {
        Some(action) => button(action, label, class),
        None => el("span"),
    }
}

fn closing(model: &Model, plan: &Plan, current: bool) -> Element {
    let label = if current {
        "Build it again"
    } else {
        "Build this upgrade"
    };
    let class = if current { "plain" } else { "primary" };
    let request = button(Action::Request, label, class).flag("disabled", !model.is_ready());
    div("closing")
        .child(el("p").class("small").text(promise(model, plan)))
        .child(
            actions()
                .child(request)
                .child(button(Action::Back, "Back", "quiet")),
        )
}

fn promise(model: &Model, plan: &Plan) -> String {
    if model.is_ready() {
        let host = model.server.as_deref().unwrap_or_default();
        format!(
            "{host} builds an image with exactly these packages. Nothing on the router changes until you confirm."
        )
    } else if plan.needs_consent() {
        "Tick the box above if you agree; then the image can be built.".to_owned()
    } else {
        format!(
            "The server cannot build this for the board “{}”. Choose another version above.",
            model.router.board_name
        )
    }
}
