//! The last question before flashing.

use super::parts::{actions, button, card, checkbox, fact, note};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::units;
use crate::words::w;

pub(super) fn confirm(model: &Model) -> Element {
    card(
        w!("Ready to upgrade"),
        w!("The image is on the router. It is complete, and the router accepts it as made for {0}.", device(model)),
    )
    .child(facts(model))
    .child(keep(model))
    .maybe((!model.form.keep).then(erased))
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
    let from_to = format!("{} → {}", model.router.version, job.version);
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
            "All settings will be erased. Afterwards the router has its default address, http://192.168.1.1/, no password, and Wi-Fi switched off."
        ),
    )
}
