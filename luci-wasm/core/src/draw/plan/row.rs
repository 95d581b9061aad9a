//! One package of a plan.

use asu_protocol::plan::{Fate, PackageChange};

use super::pick;
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::order::contains;
use crate::plan::Plan;
use crate::words::w;

/// Never offered for leaving out: without these a router does not start, or the next upgrade could
/// not be made here.
const NEEDED: [&str; 10] = [
    "base-files",
    "cgi-io",
    "kernel",
    "libc",
    "libgcc",
    "rpcd",
    "rpcd-mod-attendedsysupgrade",
    "rpcd-mod-packagelist",
    "uhttpd",
    "uhttpd-mod-ubus",
];

/// One change, with what a person can do about it.
pub(super) fn row(model: &Model, plan: &Plan, place: usize, change: &PackageChange) -> Element {
    let reason = (!change.reason.is_empty())
        .then(|| el("span").class("reason").text(change.reason.as_str()));
    el("li")
        .child(name(change))
        .child(versions(plan, change))
        .maybe(reason)
        .maybe(ways(model, place, change).filter(|_| model.may(Action::Add)))
}

fn name(change: &PackageChange) -> Element {
    let name = el("span").class("name").text(change.name.as_str());
    if change.by.is_empty() {
        return name;
    }
    name.child(arrow(w!(" becomes ")))
        .child(el("b").text(change.by.join(" + ")))
}

fn versions(plan: &Plan, change: &PackageChange) -> Element {
    let old = change.old.as_deref().unwrap_or_default();
    let by = change.by.first();
    let new = change
        .new
        .as_deref()
        .or_else(|| by.and_then(|by| plan.new_version(by)))
        .unwrap_or_default();
    let cell = el("span").class("version");
    match (old, new) {
        (one, other) if one == other => cell.text(one),
        ("", one) | (one, "") => cell.text(one),
        (old, new) => cell
            .text(old)
            .child(arrow(w!(" becomes ")))
            .child(el("b").text(new)),
    }
}

/// An arrow, and the words a screen reader says for it.
pub(super) fn arrow(words: &'static str) -> Element {
    el("span")
        .class("to")
        .child(el("span").class("sr-only").text(words))
}

/// What could be there instead, and doing without it.
fn ways(model: &Model, place: usize, change: &PackageChange) -> Option<Element> {
    let offers = change.alternatives.iter().enumerate();
    let mut buttons: Vec<Element> = offers
        .map(|(which, offer)| {
            let label = if offer.note.is_empty() {
                w!("Use {0} instead", offer.name)
            } else {
                w!("Use {0} instead: {1}", offer.name, offer.note)
            };
            pick(Pick::Instead, place, which, label, "plain mini")
        })
        .collect();
    if is_free(model, change) {
        let label = w!("Leave out {0}", change.name);
        let without = pick(
            Pick::Without,
            place,
            0,
            w!("Leave out").to_owned(),
            "quiet mini",
        );
        buttons.push(without.attr("aria-label", label));
    }
    (!buttons.is_empty()).then(|| div("ways").children(buttons))
}

/// Whether a router works without it: all but what is standard, where that is known.
fn is_free(model: &Model, change: &PackageChange) -> bool {
    let Some(standard) = model.standard_packages() else {
        return false;
    };
    let names = || change.by.iter().chain([&change.name]);
    change.fate != Fate::Dropped
        && !names().any(|name| contains(&standard, name) || contains(&NEEDED, name))
}
