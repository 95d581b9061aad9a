//! Waiting for the router, and the result.

use super::parts::{Mark, actions, bar, button, card, hidden, item, note};
use crate::model::{Model, Outcome};
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::units;
use crate::words::{many, w};

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
        w!("Tell the router to begin"),
        w!("Write the new system"),
        w!("Restart"),
        w!("Compare the new system with the plan"),
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
        .child(el("span").text(w!("Elapsed ")))
        .child(
            el("span")
                .class("clock")
                .text(units::clock(model.now.saturating_sub(started))),
        )
        .child(el("span").text(w!(" of about {0}", "3:00")));
    let stop = model
        .state
        .can_cancel()
        .then(|| button(Action::Cancel, w!("Stop waiting"), "quiet"));
    card(
        w!("Your router is upgrading itself"),
        w!("It does not answer while it writes and restarts. This page notices by itself when it is back."),
    )
    .child(el("ol").class("checklist").children(items))
    .child(note("note warn", w!("Do not unplug the router.")))
    .child(actions().maybe(stop).child(elapsed))
}

pub(super) fn done(model: &Model) -> Element {
    let headline = el("h1")
        .attr("tabindex", "-1")
        .attr("data-focus", "")
        .child(el("span").text(w!("Now running OpenWrt ")))
        .child(
            el("span")
                .attr("data-field", "version")
                .text(model.router.version.as_str()),
        );
    let count = model.outcome.user_packages;
    let lead = match count {
        Some(_) => w!("Your router is back."),
        None => w!("Your router is back. It did not tell its package list yet."),
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
                w!(" package of yours is installed.")
            } else {
                w!(" packages of yours are installed.")
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
                .child(button(
                    Action::Restart,
                    w!("Back to the overview"),
                    "primary",
                ))
                .child(
                    el("a")
                        .class("button plain")
                        .attr("href", "/")
                        .text(w!("Open the router’s pages")),
                ),
        )
}

fn comparison(outcome: &Outcome) -> Option<Element> {
    outcome.user_packages.filter(|_| outcome.promised > 0)?;
    if outcome.differences.is_empty() {
        let text = many!(
            "The {0} package in the image is exactly what was promised.",
            "All {0} packages in the image are exactly what was promised.",
            outcome.promised
        );
        return Some(note("note good", text));
    }
    let title = many!(
        "{0} package differs from what was promised",
        "{0} packages differ from what was promised",
        outcome.differences.len()
    );
    let list = outcome
        .differences
        .iter()
        .map(|text| el("li").text(text.as_str()));
    Some(
        div("note warn").child(
            el("details")
                .child(el("summary").text(title).child(hidden(w!(" (show which)"))))
                .child(el("ul").children(list)),
        ),
    )
}
