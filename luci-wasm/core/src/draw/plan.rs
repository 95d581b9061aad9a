//! What an upgrade would change, or why it cannot be done.

mod add;
mod choice;
mod notes;
mod options;
mod packages;
mod problems;
mod row;
mod size;

use asu_protocol::plan::Fate;

use super::parts::{actions, bar, button, card, small};
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::offer::{Channel, Note, offers};
use crate::plan::Plan;
use crate::state::State;
use crate::words::{join, many, w};

pub(super) use choice::release_notes;
pub(super) use problems::problems;

pub(super) fn plan(model: &Model) -> Element {
    let empty = Plan::default();
    let plan = model.plan().unwrap_or(&empty);
    let current = model.is_rebuild();
    let screen = if current && model.question.channel == Channel::Installed {
        card(
            w!("Build OpenWrt {0} again", plan.to.version),
            w!("The release stays the same; your packages come in their newest versions."),
        )
    } else if current {
        card(
            w!("Your router is up to date"),
            w!(
                "OpenWrt {0} is the newest stable release for it. You can have it built again with the newest versions of your packages.",
                plan.to.version
            ),
        )
    } else {
        card(
            w!("Upgrade to OpenWrt {0}", plan.to.version),
            join(&[&why(model, plan), &summary(plan)], " "),
        )
        .child(journey(plan))
    };
    busy(model, screen)
        .child(choice::choice(model))
        .child(wishes(model))
        .child(notes::notes(model, plan))
        .child(div("slot").maybe(size::size(model, plan)))
        .maybe(options::options(model))
        .child(closing(model, plan, current))
        .child(packages::changes(model, plan))
}

/// What a screen reader says when the list was searched, or the plan changed.
pub(super) fn announcement(model: &Model) -> String {
    match model.plan() {
        Some(plan) if !model.form.filter.trim().is_empty() => {
            many!(
                "{0} package found.",
                "{0} packages found.",
                packages::matches(model, plan)
            )
        }
        Some(_) if !model.question.wishes.is_empty() => w!("The new plan is ready.").to_owned(),
        _ => String::new(),
    }
}

/// Says so, and offers to stop, while the page waits for the answer to a changed question.
fn busy(model: &Model, screen: Element) -> Element {
    let is_busy = model.state == State::Planning;
    let again = || {
        div("again")
            .child(el("p").text(w!("Planning anew …")))
            .child(bar(w!("Planning anew"), 0, None))
            .child(button(Action::Cancel, w!("Cancel"), "plain"))
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
        .child(end(w!("Now"), &from.version, [&from.revision, &old]))
        .child(el("span").class("arrow").attr("aria-hidden", "true"))
        .child(end(w!("Then"), &to.version, [&to.revision, &new]))
}

/// Why this release: from the list it was chosen from, or else as the server says.
fn why(model: &Model, plan: &Plan) -> String {
    let known = match note(model, plan) {
        Note::Newest => w!("This is the newest stable release for your router."),
        Note::Older => w!("This is older than what is installed."),
        Note::Development => w!("This is a development version."),
        Note::Candidate => w!("This is a candidate of the next release, for testing."),
        Note::Installed | Note::None => "",
    };
    match (known, plan.because.as_str()) {
        ("", "") => String::new(),
        ("", because) => w!("Why this one: {0}.", because),
        (known, _) => known.to_owned(),
    }
}

fn note(model: &Model, plan: &Plan) -> Note {
    let overview = model.overview.as_ref();
    let offered = overview.map(|overview| offers(overview, &model.router, true));
    let offered = offered.unwrap_or_default();
    let offer = offered
        .iter()
        .find(|offer| offer.version == plan.to.version);
    offer.map_or(Note::None, |offer| offer.note)
}

fn summary(plan: &Plan) -> String {
    let older = plan.count(Fate::Downgraded);
    let stay = [Fate::Kept, Fate::Upgraded, Fate::Changed].map(|fate| plan.count(fate));
    let stay = stay.iter().sum::<usize>() + older;
    let stay = many!("{0} package comes along.", "{0} packages come along.", stay);
    let counts = [Fate::Replaced, Fate::Dropped, Fate::Added].map(|fate| plan.count(fate));
    let [replaced, removed, added] = counts;
    let parts = [
        (
            replaced,
            many!("{0} is replaced.", "{0} are replaced.", replaced),
        ),
        (
            removed,
            many!("{0} is removed.", "{0} are removed.", removed),
        ),
        (added, many!("{0} is added.", "{0} are added.", added)),
        (
            older,
            many!("{0} becomes older.", "{0} become older.", older),
        ),
    ];
    let others = parts.iter().filter(|(count, _)| *count > 0);
    let others: Vec<&str> = others.map(|(_, words)| words.as_str()).collect();
    let others = if others.is_empty() {
        w!("Nothing else changes.").to_owned()
    } else {
        join(&others, " ")
    };
    join(&[&stay, &others], " ")
}

/// What a person changed about the question, each with a way back.
fn wishes(model: &Model) -> Element {
    let rows = model
        .question
        .wishes
        .iter()
        .enumerate()
        .map(|(place, wish)| {
            let undo = pick(Pick::Undo, place, 0, w!("Undo").to_owned(), "plain mini")
                .attr("aria-label", w!("Undo: {0}", wish.text));
            el("li")
                .child(el("span").class("name").text(wish.text.as_str()))
                .child(undo)
        });
    let list = (!model.question.wishes.is_empty()).then(|| {
        div("wishes")
            .child(el("h2").text(w!("Your changes")))
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
    let back = button(Action::Back, w!("Back"), "quiet");
    if !model.may(Action::Request) {
        return div("closing").child(actions().child(back));
    }
    let label = if current {
        w!("Build it again")
    } else {
        w!("Build this upgrade")
    };
    let is_meant = !current || model.question.channel == Channel::Installed;
    let class = if is_meant { "primary" } else { "plain" };
    let request = button(Action::Request, label, class).flag("disabled", !model.is_ready());
    div("closing")
        .child(small(promise(model, plan)))
        .child(actions().child(request).child(back))
}

fn promise(model: &Model, plan: &Plan) -> String {
    if model.is_ready() {
        let host = model.server.as_deref().unwrap_or_default();
        let promise = w!(
            "{0} builds an image with exactly these packages. Nothing on the router changes until you confirm.",
            host
        );
        let script = w!("Your first-boot script goes into it.");
        let has_script = model.limits.takes_scripts && !model.form.script.trim().is_empty();
        join(&[&promise, if has_script { script } else { "" }], " ")
    } else if model.script_excess() > 0 {
        w!("The first-boot script below “More options” is too long.").to_owned()
    } else if model.checks(plan).is_hopeless() {
        w!("It is not built because this router could not flash it.").to_owned()
    } else if plan.needs_consent() {
        w!("Tick the box above if you agree; then the image can be built.").to_owned()
    } else {
        w!(
            "The server cannot build this for the board “{0}”. Choose another version above.",
            model.router.board_name
        )
    }
}
