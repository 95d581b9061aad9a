//! Which version: channel, list, and what is new in it.

use super::super::parts::{checkbox, hidden, select};
use super::pick;
use crate::model::Model;
use crate::msg::Pick;
use crate::node::{Element, div, el};
use crate::offer::{Channel, Note, Offer, of_channel};
use crate::words::{join, w};

pub(super) fn choice(model: &Model) -> Element {
    div("choice")
        .child(channels(model))
        .children(versions(model))
        .child(checkbox(
            "asu-advanced",
            w!("Show all versions"),
            "",
            model.form.advanced,
            true,
        ))
        .child(div("slot").maybe(release_notes(model, &model.question.version)))
}

fn offers(model: &Model, channel: Channel) -> Vec<Offer> {
    let overview = model.overview.as_ref();
    let of = |overview| of_channel(overview, &model.router, channel, model.form.advanced);
    overview.map(of).unwrap_or_default()
}

/// A button for each channel that has something; the chosen one stays.
fn channels(model: &Model) -> Element {
    let chosen = model.question.channel;
    let all = Channel::ALL.into_iter().enumerate();
    let shown =
        all.filter(|(_, channel)| *channel == chosen || !offers(model, *channel).is_empty());
    let buttons = shown.map(|(place, channel)| {
        let pressed = if channel == chosen { "true" } else { "false" };
        pick(Pick::Channel, place, 0, channel.label().to_owned(), "mini")
            .attr("aria-pressed", pressed)
    });
    div("channels")
        .attr("role", "group")
        .attr("aria-label", w!("Channel"))
        .children(buttons)
}

fn versions(model: &Model) -> [Element; 2] {
    let mut choices = offers(model, model.question.channel);
    let chosen = model.question.version.as_str();
    if !choices.iter().any(|offer| offer.version == chosen) {
        choices.push(Offer {
            version: chosen.to_owned(),
            note: Note::None,
        });
    }
    let options = choices.into_iter().map(|offer| {
        let label = join(&[&offer.version, offer.note.words()], " – ");
        (offer.version, label)
    });
    select("asu-version", w!("Version"), chosen, options.collect())
}

/// A link to what is new in a release. The notes are OpenWrt's, so other distributions' releases have
/// none there.
pub(in crate::draw) fn release_notes(model: &Model, version: &str) -> Option<Element> {
    let name = &model.router.distribution;
    let page = crate::offer::release_notes(version)
        .filter(|_| name.is_empty() || name.eq_ignore_ascii_case("openwrt"))?;
    let link = el("a")
        .attr("href", page)
        .attr("target", "_blank")
        .attr("rel", "noopener")
        .text(w!("What is new in OpenWrt {0}", version));
    Some(link.child(hidden(w!("opens in a new tab"))))
}
