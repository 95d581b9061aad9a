//! The view as a tree of elements. Everything here only reads the model.

mod confirm;
mod error;
mod finish;
mod login;
mod news;
mod overview;
mod parts;
mod plan;
mod progress;

use crate::model::Model;
use crate::node::{Element, Node, div, el};
use crate::state::{State, Station};
use crate::words::w;

/// Draws the view.
pub fn view(model: &Model) -> Node {
    let screen = screen(model);
    el("main")
        .attr("id", "asu")
        .attr(
            "class",
            if model.options.embedded {
                "asu embedded"
            } else {
                "asu"
            },
        )
        .attr("data-state", model.state.name())
        .attr("data-screen", screen)
        .attr("data-cause", cause(model))
        .attr("data-version", model.question.version.as_str())
        .child(head(model))
        .child(stations(model))
        .maybe(parts::only_looking(model))
        .maybe(parts::skipped_servers(model))
        .child(card(model).key(screen))
        .child(news::news(model))
        .child(announcement(model))
        .into()
}

fn cause(model: &Model) -> &str {
    if model.state == State::Error {
        &model.trouble.cause
    } else {
        ""
    }
}

/// States that share a screen are patched into one another, so nothing jumps.
fn screen(model: &Model) -> &'static str {
    match model.state {
        State::Planning if model.answer.is_some() => model.answer_state().name(),
        State::Requesting | State::Queued | State::Building => "build",
        State::Downloading
        | State::Checking
        | State::Uploading
        | State::Verifying
        | State::Testing => "transfer",
        State::Flashing | State::Rebooting => "restart",
        other => other.name(),
    }
}

fn card(model: &Model) -> Element {
    match model.state {
        State::Login => login::login(model),
        State::Identifying => progress::looking(
            model,
            w!("Getting to know your router"),
            w!("Asking which device it is, which packages it has, and which build server it uses."),
        ),
        State::Overview => overview::overview(model),
        State::Searching => progress::looking(
            model,
            w!("Looking for upgrades"),
            w!("Asking the build server which releases it has for this router."),
        ),
        State::Planning if model.answer.is_none() => progress::looking(
            model,
            w!("Working out what will change"),
            w!("Comparing the packages on your router with those of the new release."),
        ),
        State::Planning if !model.problems().is_empty() => plan::problems(model),
        State::Problems => plan::problems(model),
        State::Planning | State::Current | State::Plan => plan::plan(model),
        State::Requesting | State::Queued | State::Building => progress::build(model),
        State::Downloading
        | State::Checking
        | State::Uploading
        | State::Verifying
        | State::Testing => progress::transfer(model),
        State::Confirm => confirm::confirm(model),
        State::Flashing | State::Rebooting => finish::restart(model),
        State::Done => finish::done(model),
        State::Error => error::error(model),
    }
}

fn head(model: &Model) -> Element {
    let logged_in = model.session.is_some() && model.options.session.is_none();
    let may_leave = !matches!(
        model.state,
        State::Login | State::Flashing | State::Rebooting
    );
    let button = parts::button(crate::Action::Logout, w!("Log out"), "quiet");
    el("header")
        .class("head")
        .child(
            div("brand")
                .child(el("span").class("mark").attr("aria-hidden", "true"))
                .child(
                    div("brand-text")
                        .child(el("strong").text(w!("Attended Sysupgrade")))
                        .maybe(
                            (!model.router.model.is_empty() && model.state != State::Login).then(
                                || el("span").class("device").text(model.router.model.as_str()),
                            ),
                        ),
                ),
        )
        .maybe((logged_in && may_leave).then_some(button))
}

fn stations(model: &Model) -> Element {
    let failed = model.state == State::Error;
    let current = if failed {
        model.failed_in.station()
    } else {
        model.state.station()
    };
    let items = Station::ALL.into_iter().map(|station| {
        let done = station < current || model.state == State::Done;
        let class = match (done, station == current) {
            (true, _) => "done",
            (_, true) if failed => "failed",
            (_, true) => "now",
            _ => "later",
        };
        let item = el("li")
            .class(class)
            .child(el("span").class("dot").attr("aria-hidden", "true"));
        let item = if class == "now" || class == "failed" {
            item.attr("aria-current", "step")
        } else {
            item
        };
        let label = el("span").class("label").text(station.label());
        item.child(label)
            .maybe((class == "done").then(|| parts::hidden(w!("finished"))))
    });
    el("ol")
        .class(if model.state == State::Login {
            "stations away"
        } else {
            "stations"
        })
        .attr("aria-label", w!("Steps of the upgrade"))
        .children(items)
}

/// What a screen reader says when something changes, without the ticking of clocks.
fn announcement(model: &Model) -> Element {
    let text = match model.state {
        State::Planning if model.answer.is_some() => w!("Planning anew.").to_owned(),
        State::Plan | State::Current | State::Problems => plan::announcement(model),
        State::Queued => progress::queue_words(model),
        State::Building => progress::stage_words(&model.job.stage).to_owned(),
        State::Downloading => w!("Downloading the image.").to_owned(),
        State::Checking => w!("Checking the download.").to_owned(),
        State::Uploading => w!("Sending the image to the router.").to_owned(),
        State::Verifying => w!("The router compares what it received.").to_owned(),
        State::Testing => w!("The router tests the image.").to_owned(),
        State::Rebooting => w!("Waiting for the router to come back.").to_owned(),
        _ => String::new(),
    };
    el("p").class("sr-only").attr("role", "status").text(text)
}
