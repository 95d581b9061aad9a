//! Waiting for the router, and the result.

use super::parts::{Mark, actions, bar, button, card, hidden, item, note};
use crate::model::{Model, Outcome};
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::units;

pub(super) fn restart(model: &Model) -> Element {
    let restart = &model.restart;
    let current = if model.state == State::Flashing {
        0
    } else if restart.info.is_some() {
        3
    } else if restart.went_away.is_some() {
        2
    } else {
        1
    };
    let labels = [
        "Tell the router to begin",
        "Write the new system",
        "Restart",
        "Compare the new system with the plan",
    ];
    let items = labels.iter().enumerate().map(|(number, label)| {
        item(
            Mark::at(number, current),
            *label,
            (number == current).then(|| bar(label, 0, None)),
        )
    });
    let started = if model.state == State::Flashing {
        model.since
    } else {
        restart.started
    };
    let elapsed = el("p")
        .class("elapsed")
        .child(el("span").text("Elapsed "))
        .child(
            el("span")
                .class("clock")
                .text(units::clock(model.now.saturating_sub(started))),
        )
        .child(el("span").text(" of about 3:00"));
    let stop = model
        .state
        .can_cancel()
        .then(|| button(Action::Cancel, "Stop waiting", "quiet"));
    card(
        "Your router is upgrading itself",
        "It does not answer while it writes and restarts. This page notices by itself when it is back.",
    )
    .child(el("ol").class("checklist").children(items))
    .child(note("note warn", "Do not unplug the router."))
    .child(actions().maybe(stop).child(elapsed))
}

pub(super) fn done(model: &Model) -> Element {
    let headline = el("h1")
        .attr("tabindex", "-1")
        .attr("data-focus", "")
        .child(el("span").text("Now running OpenWrt "))
        .child(
            el("span")
                .attr("data-field", "version")
                .text(model.router.version.as_str()),
        );
    let count = model.outcome.user_packages;
    let lead = match count {
        Some(_) => "Your router is back.",
        None => "Your router is back. It did not tell its package list yet.",
    };
    let packages = count.map(|count| {
        el("p")
            .class("count-line")
            .child(
                el("strong")
                    .attr("data-field", "packages")
                    .text(count.to_string()),
            )
            .child(el("span").text(if count == 1 {
                " package of yours is installed."
            } else {
                " packages of yours are installed."
            }))
    });
    el("section")
        .class("card finished")
        .child(el("span").class("seal").attr("aria-hidden", "true"))
        .child(headline)
        .child(el("p").class("lead").text(lead))
        .maybe(packages)
        .maybe(comparison(&model.outcome))
        .child(
            actions()
                .child(button(Action::Restart, "Back to the overview", "primary"))
                .child(
                    el("a")
                        .class("button plain")
                        .attr("href", "/")
                        .text("Open the router’s pages"),
                ),
        )
}

fn comparison(outcome: &Outcome) -> Option<Element> {
    outcome.user_packages.filter(|_| outcome.promised > 0)?;
    if outcome.differences.is_empty() {
        let text = format!(
            "All {} in the image are exactly what was promised.",
            units::packages(outcome.promised)
        );
        return Some(note("note good", text));
    }
    let title = format!(
        "{} differ from what was promised",
        units::packages(outcome.differences.len())
    );
    let list = outcome
        .differences
        .iter()
        .map(|text| el("li").text(text.as_str()));
    Some(
        div("note warn").child(
            el("details")
                .child(el("summary").text(title).child(hidden(" (show which)")))
                .child(el("ul").children(list)),
        ),
    )
}
