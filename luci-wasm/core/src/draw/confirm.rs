//! The last question before flashing.

use super::parts::{actions, button, card, checkbox, fact, note};
use crate::model::{Backup, Model, Signature, Verdict};
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::units;
use crate::update::DEFAULT_ADDRESS;
use crate::words::w;

pub(super) fn confirm(model: &Model) -> Element {
    card(
        w!("Ready to upgrade"),
        w!("The image is on the router. It is complete, and the router accepts it as made for {0}.", device(model)),
    )
    .child(facts(model))
    .child(keep(model))
    .maybe((!model.form.keep).then(erased))
    .child(backup(model))
    .maybe(rebuilds(model))
    .maybe(model.is_not_compared().then(|| not_compared(model)))
    .child(note(
        "note warn",
        w!("Do not unplug the router. It writes its flash, restarts, and is away for two to three minutes; your network is interrupted while it does."),
    ))
    .child(
        actions()
            .child(button(Action::Flash, w!("Upgrade now"), "primary"))
            .child(button(Action::Cancel, w!("Cancel"), "quiet")),
    )
}

fn device(model: &Model) -> &str {
    if model.router.model.is_empty() {
        w!("this device")
    } else {
        &model.router.model
    }
}

fn facts(model: &Model) -> Element {
    let job = &model.job;
    let sum = el("dd").child(
        el("code")
            .attr("data-field", "sha256")
            .text(job.image.sha256.as_str()),
    );
    let from_to = [&model.router.version, " → ", &job.version].concat();
    el("dl")
        .class("facts")
        .child(fact(w!("Release"), from_to))
        .child(fact(
            w!("Size"),
            units::bytes(job.image.size.unwrap_or_default()),
        ))
        .child(
            div("fact wide")
                .child(el("dt").text(w!("Image")))
                .child(el("dd").child(el("code").text(job.image.name.as_str()))),
        )
        .child(div("fact wide").child(el("dt").text("SHA-256")).child(sum))
        .child(fact(w!("Signature"), signature(&job.signed)).class("wide"))
}

fn signature(signed: &Signature) -> String {
    match signed {
        Signature::Absent => w!("None: this server does not sign its images.").to_owned(),
        Signature::Good => w!("Good: made with a key that this router trusts.").to_owned(),
        Signature::Unknown(key) | Signature::Known(key) => {
            w!(
                "Not checked: it was made with the key {0}, which this router does not have.",
                key
            )
        }
    }
}

/// A copy of the settings outside the router, before anything is written.
fn backup(model: &Model) -> Element {
    let (class, words) = match &model.backup {
        Backup::Offered => (
            "note info",
            w!(
                "Keep a copy of the settings on this computer: with it, they can be restored if something goes wrong."
            ),
        ),
        Backup::Running => ("note info", w!("The router packs its settings.")),
        Backup::Saved => (
            "note good",
            w!(
                "The backup is among the downloads of this browser. It has passwords in it: keep it safe."
            ),
        ),
        Backup::Failed(why) => ("note warn", why.as_str()),
    };
    let label = w!("Save a backup of the settings");
    let save =
        button(Action::Backup, label, "plain").flag("disabled", model.backup == Backup::Running);
    note(class, words)
        .attr("role", "status")
        .attr("data-field", "backup")
        .child(actions().child(save))
}

/// What other servers made of the same request.
fn rebuilds(model: &Model) -> Option<Element> {
    let rebuilds = &model.job.rebuilds;
    let differs = rebuilds
        .iter()
        .any(|rebuild| rebuild.verdict == Verdict::Different);
    let items = rebuilds.iter().map(|rebuild| {
        let words = match rebuild.verdict {
            Verdict::Waiting => w!("{0} is still building it.", rebuild.server),
            Verdict::Same => w!("{0} built exactly the same.", rebuild.server),
            Verdict::Different => w!("{0} built something else.", rebuild.server),
            Verdict::Silent => w!("{0} gave no image to compare.", rebuild.server),
        };
        el("li").text(words)
    });
    let (class, title) = if differs {
        (
            "note bad",
            w!(
                "Other servers built another image from the same request. One of them may have been tampered with, or it may be a harmless difference of time. If you are not sure, do not upgrade yet: tell the operators."
            ),
        )
    } else {
        (
            "note info",
            w!("Other servers were asked for the same image, to compare:"),
        )
    };
    let list = note(class, title).attr("data-field", "rebuilds");
    (!rebuilds.is_empty()).then(|| list.child(el("ul").children(items)))
}

fn not_compared(model: &Model) -> Element {
    let server = model.server.as_deref().unwrap_or_default();
    let words = w!(
        "Other servers were not asked for the same image: your first-boot script is for {0} only.",
        server
    );
    note("note info", words).attr("data-field", "not-compared")
}

fn keep(model: &Model) -> Element {
    let possible = model.test.allow_backup;
    let hint = if possible {
        w!("Network, Wi-Fi, passwords and the settings of your packages come along.")
    } else {
        w!("Not possible with this image: the new release cannot read the settings of the old one.")
    };
    checkbox(
        "asu-keep",
        w!("Keep settings"),
        hint,
        model.form.keep && possible,
        possible,
    )
}

fn erased() -> Element {
    note(
        "note bad",
        w!(
            "All settings will be erased. Afterwards the router has its default address, {0}, no password, and Wi-Fi switched off.",
            DEFAULT_ADDRESS
        ),
    )
}
