//! Waiting for the router, and the result.

use asu_protocol::router::RouterInfo;

use super::parts::{
    Mark, actions, bar, button, card, checklist, folded, hidden, item, note, verbatim,
};
use crate::model::{Model, Outcome};
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::units;
use crate::update::DEFAULT_ADDRESS;
use crate::words::{many, w};

pub(super) fn restart(model: &Model) -> Element {
    let restart = &model.restart;
    let after = |moment: u64| {
        w!(
            "after {0}",
            units::clock(moment.saturating_sub(restart.started))
        )
    };
    // What can be seen from here: answers, silence, other answers.
    let (current, moments) = match (restart.went_away, restart.came_back) {
        _ if model.state == State::Flashing => (0, [None, None, None]),
        (None, _) => (1, [Some(restart.started), None, None]),
        (Some(away), None) => (2, [Some(restart.started), Some(away), None]),
        (Some(away), Some(back)) => (3, [Some(restart.started), Some(away), Some(back)]),
    };
    let labels = [
        w!("The router takes the order"),
        w!("It gets ready and ends its services"),
        w!("It writes its flash and restarts, in silence: mostly two to three minutes"),
        w!("It answers again: compare the new system with the plan"),
    ];
    let items = labels.iter().enumerate().map(|(number, label)| {
        let moment = moments.get(number).copied().flatten();
        let below = if number == current {
            Some(bar(label, 0, None))
        } else {
            moment.map(|moment| el("p").class("detail").text(after(moment)))
        };
        item(Mark::at(number, current), *label, below)
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
    .child(checklist(items))
    .maybe((!model.form.keep).then(|| default_address(restart.elsewhere)))
    .child(note("note warn", w!("Do not unplug the router.")))
    .child(actions().maybe(stop).child(elapsed))
}

/// Where to look for a router without its settings.
fn default_address(answers: bool) -> Element {
    let (class, words) = if answers {
        (
            "note good",
            w!(
                "Something answers at the default address, probably your router. It has no password yet."
            ),
        )
    } else {
        (
            "note info",
            w!(
                "Without its settings, the router has its default address. Connect by cable to reach it there."
            ),
        )
    };
    note(class, words).child(el("p").child(link(DEFAULT_ADDRESS, DEFAULT_ADDRESS)))
}

fn link(address: &str, text: &str) -> Element {
    el("a")
        .attr("href", address)
        .attr("target", "_blank")
        .attr("rel", "noopener noreferrer")
        .text(text)
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
            .text(" ")
            .child(el("span").text(many!(
                "package of yours is installed.",
                "packages of yours are installed.",
                count
            )))
    });
    el("section")
        .class("card finished")
        .child(el("span").class("seal").attr("aria-hidden", "true"))
        .child(headline)
        .child(el("p").class("lead").text(lead))
        .maybe(packages)
        .maybe(comparison(&model.outcome))
        .maybe(
            release_notes(&model.router)
                .map(|address| el("p").child(link(&address, w!("What is new in this release")))),
        )
        .child(report(model))
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

/// OpenWrt's own page about a release; branches in development have none.
fn release_notes(router: &RouterInfo) -> Option<String> {
    let version = router.version.as_str();
    let is_release = version.starts_with(|first: char| first.is_ascii_digit())
        && !version.ends_with("SNAPSHOT")
        && matches!(router.distribution.as_str(), "" | "OpenWrt" | "openwrt");
    let (branch, _) = version.rsplit_once('.').filter(|_| is_release)?;
    let address = ["https://openwrt.org/releases/", branch, "/notes-", version];
    Some(address.concat())
}

/// What helps developers, for copying; in English, because they read it. Nothing is sent.
fn report(model: &Model) -> Element {
    let restart = &model.restart;
    let took = units::clock(restart.ended.saturating_sub(restart.started));
    let result = if model.outcome.user_packages.is_none() || model.outcome.promised == 0 {
        "not compared"
    } else if model.outcome.differences.is_empty() {
        "as promised"
    } else {
        "packages differ"
    };
    // An address may have a password in it.
    let server = model.server.as_deref().filter(|url| !url.contains('@'));
    let lines = [
        ("device", model.router.model.as_str()),
        ("board", model.router.board_name.as_str()),
        ("target", model.router.target.as_str()),
        ("from", restart.from.as_str()),
        ("to", model.router.version.as_str()),
        ("revision", model.router.revision.as_str()),
        ("server", server.unwrap_or("not told")),
        ("settings", if model.form.keep { "kept" } else { "erased" }),
        ("restart took", took.as_str()),
        ("result", result),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        text.extend([name, ": ", value, "\n"]);
    }
    let below = div("report")
        .child(el("p").class("hint").text(w!(
            "Copy this if you want to tell others how the upgrade went. It has no secrets in it, and nothing is sent by itself."
        )))
        .child(verbatim(&text).attr("data-field", "report"));
    folded(w!("Report for copying"), below)
}
