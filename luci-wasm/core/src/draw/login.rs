//! The login screen.

use super::parts::{actions, button, card, note};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::words::w;

pub(super) fn login(model: &Model) -> Element {
    let busy = !model.calls.is_empty();
    let label = if busy {
        w!("Logging in…")
    } else {
        w!("Log in")
    };
    let submit = button(Action::Login, label, "primary wide")
        .attr("type", "submit")
        .flag("disabled", busy);
    let complaint = (!model.notice.is_empty())
        .then(|| note("note warn", model.notice.as_str()).attr("role", "alert"));
    let form = el("form")
        // Always there, so that the inputs keep their places when it fills.
        .child(div("slot").maybe(complaint))
        .children(field(
            "asu-username",
            w!("User name"),
            "text",
            "username",
            &model.form.username,
        ))
        .children(field(
            "asu-password",
            w!("Password"),
            "password",
            "current-password",
            "",
        ))
        .child(
            actions()
                .child(submit)
                .maybe(busy.then(|| button(Action::Cancel, w!("Cancel"), "plain"))),
        );
    card(
        w!("Log in to your router"),
        w!("Upgrade OpenWrt to a new release and keep the packages you have installed."),
    )
    .class("narrow")
    .child(form)
}

/// A label and an input. The value is only what the input starts with: the browser keeps the rest.
pub(super) fn field(
    id: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    value: &str,
) -> [Element; 2] {
    let input = el("input")
        .attr("id", id)
        .attr("name", id)
        .attr("type", kind)
        .attr("autocomplete", autocomplete)
        .attr("autocapitalize", "none")
        .attr("spellcheck", "false");
    let input = if value.is_empty() {
        input
    } else {
        input.attr("value", value)
    };
    [el("label").attr("for", id).text(label), input]
}
