//! Screens on which machines work: nobody has to do anything but may always stop.

use asu_protocol::build::stage;

use super::parts::{Mark, actions, bar, button, card, checklist, folded, item, note, verbatim};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::units;
use crate::words::{many, w};

/// A short wait for one answer.
pub(super) fn looking(model: &Model, title: &'static str, lead: &'static str) -> Element {
    let renewing = model.parked.is_some();
    let lead = if renewing {
        w!("Logging in again, because the session has ended.")
    } else {
        lead
    };
    card(title, lead)
        .child(bar(title, 0, None))
        .child(actions().child(button(Action::Cancel, w!("Cancel"), "plain")))
}

/// The way of a build, as the server names its stages.
const STAGES: [(&str, &str); 5] = [
    (stage::INIT, w!("Start the build")),
    (stage::CONTAINER_SETUP, w!("Prepare the ImageBuilder")),
    (stage::VALIDATE_REVISION, w!("Check the revision")),
    (stage::VALIDATE_MANIFEST, w!("Put the packages together")),
    (stage::BUILDING_IMAGE, w!("Assemble the image")),
];

pub(super) fn build(model: &Model) -> Element {
    let version = model.job.version.as_str();
    let building = model.state == State::Building;
    let place = STAGES
        .iter()
        .position(|(name, _)| *name == model.job.stage)
        .unwrap_or(0);
    let current = match model.state {
        State::Requesting => 0,
        State::Queued => 1,
        _ => place + 2,
    };
    let queue = item(
        Mark::at(1, current),
        w!("Wait for a free builder"),
        (current == 1).then(|| {
            div("moved")
                .child(detail(queue_words(model)))
                .maybe(expected(model).map(detail))
        }),
    );
    let stages = STAGES.iter().enumerate().map(|(number, (_, label))| {
        let now = building && number == place;
        item(
            Mark::at(number + 2, current),
            *label,
            now.then(|| bar(label, 0, None)),
        )
    });
    let request = item(Mark::at(0, current), w!("Send the request"), None);
    let list = checklist([request, queue].into_iter().chain(stages));
    let log = &model.job.log.text;
    let log =
        (!log.is_empty()).then(|| folded(w!("What the builder says"), verbatim(log).class("log")));
    card(
        w!("Building OpenWrt {0} for you", version),
        w!("The server puts together an image with your packages. This usually takes one to two minutes; you may leave this page open in the background."),
    )
    .child(list)
    .maybe(log)
    .maybe(silence(model))
    .child(foot(model, units::clock(model.now.saturating_sub(model.job.started))))
}

fn silence(model: &Model) -> Option<Element> {
    model.job.failing_since.map(|_| {
        note("note warn", w!("The build server does not answer at the moment. The build goes on there; this page keeps asking."))
    })
}

/// How long it takes by the server's word, which is a guess from the last builds.
fn expected(model: &Model) -> Option<String> {
    let left = model.job.expected?.saturating_sub(model.now);
    Some(many!(
        "Going by the last builds, it is finished in about {0} minute.",
        "Going by the last builds, it is finished in about {0} minutes.",
        left / 60_000 + 1
    ))
}

/// Where in the queue the request is.
pub(super) fn queue_words(model: &Model) -> String {
    match model.job.position {
        Some(0) => w!("Yours is next.").to_owned(),
        Some(count) => many!(
            "One build is ahead of yours.",
            "{0} builds are ahead of yours.",
            count
        ),
        None => w!("Asking for its place in the queue.").to_owned(),
    }
}

/// What a stage is called; an unknown one is a newer server's.
pub(super) fn stage_words(stage: &str) -> &str {
    STAGES
        .iter()
        .find(|(name, _)| *name == stage)
        .map_or(stage, |(_, label)| label)
}

pub(super) fn transfer(model: &Model) -> Element {
    let current = match model.state {
        State::Downloading => 0,
        State::Checking => 1,
        State::Uploading => 2,
        State::Verifying => 3,
        _ => 4,
    };
    let labels = [
        w!("Download the image to this browser"),
        w!("Compare it with its SHA-256"),
        w!("Send it to the router"),
        w!("Compare what the router received"),
        w!("Let the router test it"),
    ];
    let items = labels.iter().enumerate().map(|(number, label)| {
        let below = (number == current).then(|| moved(model, label));
        item(Mark::at(number, current), *label, below)
    });
    card(
        w!("Bringing the image to your router"),
        w!("The image is checked three times on its way. Nothing is written to flash yet."),
    )
    .child(checklist(items))
    .child(foot(
        model,
        units::clock(model.now.saturating_sub(model.since)),
    ))
}

/// The bar of a transfer with its bytes, or a moving bar for work without a number.
fn moved(model: &Model, label: &'static str) -> Element {
    let transfer = model.transfer;
    let moving = matches!(model.state, State::Downloading | State::Uploading) && transfer.done > 0;
    let total = transfer.total.filter(|_| moving);
    let words = match total {
        _ if !moving => String::new(),
        Some(total) if transfer.done >= total && model.state == State::Uploading => {
            w!("The image has arrived; the router is checking it.").to_owned()
        }
        Some(total) => w!(
            "{0} of {1} · {2} %",
            units::bytes(transfer.done),
            units::bytes(total),
            units::percent(transfer.done, total)
        ),
        None => units::bytes(transfer.done),
    };
    let elapsed = model.now.saturating_sub(transfer.started);
    // The first second says little about the rest.
    let pace = total
        .filter(|total| elapsed >= 1000 && transfer.done < *total)
        .map(|total| Pace::of(transfer.done, total, elapsed));
    let slow = pace
        .as_ref()
        .filter(|pace| model.state == State::Uploading && elapsed + pace.left > SCRIPT_TIME)
        .map(|_| {
            note("note warn", w!("At this pace the upload takes longer than the 60 seconds that most routers allow. Come closer to the router, or use a cable."))
        });
    div("moved")
        .child(bar(label, transfer.done, total))
        .maybe((!words.is_empty()).then(|| detail(words)))
        .maybe(pace.map(|pace| detail(pace.words())))
        .maybe(slow)
}

/// How long uhttpd lets an upload last, milliseconds (`script_timeout`).
const SCRIPT_TIME: u64 = 60_000;

/// How fast bytes move, and how long the rest takes at that.
struct Pace {
    /// Bytes a second.
    rate: u64,
    /// Milliseconds.
    left: u64,
}

impl Pace {
    fn of(done: u64, total: u64, elapsed: u64) -> Self {
        let rate = done.saturating_mul(1000) / elapsed.max(1);
        let left = total.saturating_sub(done).saturating_mul(1000) / rate.max(1);
        Self { rate, left }
    }

    fn words(&self) -> String {
        w!(
            "{0} a second · {1} left",
            units::bytes(self.rate),
            units::clock(self.left)
        )
    }
}

fn detail(text: String) -> Element {
    el("p").class("detail").text(text)
}

fn foot(model: &Model, elapsed: String) -> Element {
    let elapsed = el("p")
        .class("elapsed")
        .child(el("span").text(w!("Elapsed ")))
        .child(el("span").class("clock").text(elapsed));
    let cancel = model
        .state
        .can_cancel()
        .then(|| button(Action::Cancel, w!("Cancel"), "plain"));
    actions().maybe(cancel).child(elapsed)
}
