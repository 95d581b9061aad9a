//! The field that adds packages.

use super::super::parts::{button, note, small};
use super::pick;
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::plan::suggestions;
use crate::words::w;

pub(super) fn add(model: &Model) -> Element {
    let typed = model.form.adding.typed.as_str();
    let input = el("input")
        .attr("id", "asu-add")
        .attr("data-value", typed)
        .attr("list", "asu-names")
        .attr("autocomplete", "off")
        .attr("autocapitalize", "none")
        .attr("spellcheck", "false")
        .attr("aria-describedby", "asu-add-said");
    let submit = button(Action::Add, w!("Add"), "plain").attr("type", "submit");
    el("form")
        .class("filter")
        .child(el("label").attr("for", "asu-add").text(w!("Add a package")))
        .child(input)
        .child(names(model, typed))
        .child(submit)
        .child(said(model))
}

/// What the browser offers while somebody types the last of the names.
fn names(model: &Model, typed: &str) -> Element {
    let begun = typed.rfind([' ', ',']).map_or(0, |place| place + 1);
    let (before, last) = typed.split_at(begun);
    let found = model.names().filter(|_| !last.is_empty());
    let found = found.map(|names| suggestions(names, last));
    let options = found.unwrap_or_default();
    let option = |name: &str| el("option").attr("value", [before, name].concat());
    el("datalist")
        .attr("id", "asu-names")
        .children(options.into_iter().map(option))
}

/// Why what was typed was not added, and what may have been meant.
fn said(model: &Model) -> Element {
    let adding = &model.form.adding;
    let place = div("slot")
        .attr("id", "asu-add-said")
        .attr("role", "status");
    if model.is_listing() {
        let loading = w!("Reading the list of packages …");
        return place.child(small(loading));
    }
    if adding.said.is_empty() {
        let unlisted = model.documents.unlisted.then(|| {
            small(w!("The server’s list of packages could not be read. Type the whole name; the plan will show whether it exists."))
        });
        return place.maybe(unlisted);
    }
    let near = adding
        .near
        .iter()
        .enumerate()
        .map(|(place, name)| pick(Pick::Near, place, 0, w!("Add {0}", name), "plain mini"));
    place.child(note("note warn", adding.said.as_str()).child(div("ways").children(near)))
}
