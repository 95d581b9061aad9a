//! What an upgrade would change.

mod packages;

use super::parts::{actions, button, card, checkbox, note};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::offer::offers;
use crate::plan::{Fate, Plan};
use crate::state::State;
use crate::units;

pub(super) fn plan(model: &Model) -> Element {
    let empty = Plan::default();
    let plan = model.plan.as_ref().unwrap_or(&empty);
    let current = model.state == State::Current;
    let screen = if current {
        card(
            "Your router is up to date",
            format!(
                "OpenWrt {} is the newest stable release for it. You can have it built again with the newest versions of your packages.",
                plan.version
            ),
        )
    } else {
        card(
            format!("Upgrade to OpenWrt {}", plan.version),
            summary(plan),
        )
        .child(journey(model, plan))
    };
    screen
        .child(choice(model))
        .maybe(space(model))
        .children(packages::decisions(model, plan))
        .maybe(model.too_big.then(too_big))
        .child(closing(model, current))
        .child(
            div("changes")
                .child(el("h2").class("sr-only").text("What changes"))
                .children(packages::groups(plan))
                .maybe(packages::choice(model, plan)),
        )
}

fn too_big() -> Element {
    note(
        "note warn",
        "The last image was too big for the router’s flash. Tick packages to leave out at the end of this page, then build again.",
    )
}

fn journey(model: &Model, plan: &Plan) -> Element {
    let end = |label: &'static str, version: &str, revision: &str| {
        div("end")
            .child(el("span").class("when").text(label))
            .child(el("strong").text(version))
            .child(el("span").class("revision").text(revision))
    };
    div("journey")
        .child(end("Now", &model.router.version, &model.router.revision))
        .child(el("span").class("arrow").attr("aria-hidden", "true"))
        .child(end("Then", &plan.version, &plan.revision))
}

fn summary(plan: &Plan) -> String {
    let stay = plan.count(|fate| matches!(fate, Fate::Same(_) | Fate::Upgraded { .. }));
    let parts = [
        (
            plan.count(|fate| matches!(fate, Fate::Replaced { .. })),
            "replaced",
        ),
        (
            plan.count(|fate| matches!(fate, Fate::Dropped(_))),
            "removed",
        ),
        (plan.count(|fate| matches!(fate, Fate::Added(_))), "added"),
        (plan.count(|fate| *fate == Fate::Missing), "not available"),
    ];
    let others: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let stay = format!("{} come along", units::packages(stay))
        .replace("1 package come", "1 package comes");
    if others.is_empty() {
        format!("{stay}. Nothing else changes.")
    } else {
        format!("{stay}; {}.", others.join(", "))
    }
}

fn choice(model: &Model) -> Element {
    let mut choices = model
        .overview
        .as_ref()
        .map(|overview| offers(overview, &model.router, model.form.advanced))
        .unwrap_or_default();
    let chosen = model.form.version.as_str();
    if !choices.iter().any(|offer| offer.version == chosen) {
        choices.push(crate::offer::Offer {
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

/// Warns when even the stock image would not fit, as far as its size is known.
fn space(model: &Model) -> Option<Element> {
    let images = &model.documents.profile.as_ref()?.images;
    let image = crate::image::choose(images, &model.router).ok()?;
    let (size, free) = (image.size?, model.router.tmp_free?);
    (size > free).then(|| {
        note(
            "note warn",
            format!("The image will take about {}, but only {} are free on the router right now. Restart it or stop services before you go on.", units::bytes(size), units::bytes(free)),
        )
    })
}

fn closing(model: &Model, current: bool) -> Element {
    let ready = model.is_ready();
    let label = if current {
        "Build it again"
    } else {
        "Build this upgrade"
    };
    let host = model.server.as_deref().unwrap_or_default();
    let promise = if ready {
        format!(
            "{host} builds an image with exactly these packages. Nothing on the router changes until you confirm."
        )
    } else {
        "Tick the packages above that you can do without; then the image can be built.".to_owned()
    };
    div("closing")
        .child(el("p").class("small").text(promise))
        .child(
            actions()
                .child(
                    button(
                        Action::Request,
                        label,
                        if current { "plain" } else { "primary" },
                    )
                    .flag("disabled", !ready),
                )
                .child(button(Action::Back, "Back", "quiet")),
        )
}
