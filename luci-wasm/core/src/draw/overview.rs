//! The router, and where to look for upgrades.

use super::login::field;
use super::parts::{actions, button, card, fact, note};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, el};
use crate::units;
use crate::words::w;

pub(super) fn overview(model: &Model) -> Element {
    let router = &model.router;
    let title = if router.model.is_empty() {
        router.board_name.as_str()
    } else {
        router.model.as_str()
    };
    let lead = w!(
        "runs OpenWrt {0} with {1}.",
        router.version,
        units::packages(model.installed.len())
    );
    let submit = button(Action::Search, w!("Look for upgrades"), "primary").attr("type", "submit");
    let known = model.server.is_some() && model.notice.is_empty();
    card(title, lead).child(facts(model)).child(
        el("form")
            .child(server(model, known))
            .child(actions().child(submit)),
    )
}

fn facts(model: &Model) -> Element {
    let router = &model.router;
    let memory = router
        .tmp_free
        .map(|free| fact(w!("Free for an image"), units::bytes(free)));
    let manager = (!router.package_manager.is_empty())
        .then(|| fact(w!("Package manager"), router.package_manager.as_str()));
    el("dl")
        .class("facts")
        .child(fact(w!("Release"), router.version.as_str()))
        .child(fact(w!("Revision"), router.revision.as_str()))
        .child(fact(w!("Target"), router.target.as_str()))
        .child(fact(w!("Board"), router.board_name.as_str()))
        .maybe(memory)
        .maybe(manager)
}

/// The address of the server: folded away when the router knows one.
fn server(model: &Model, known: bool) -> Element {
    let complaint = (!model.notice.is_empty())
        .then(|| note("note warn", model.notice.as_str()).attr("role", "alert"));
    let input = field(
        "asu-server",
        w!("Address of the build server"),
        "url",
        "url",
        &model.form.server,
    );
    if known {
        let host = model.form.server.as_str();
        return el("details")
            .class("server")
            .child(
                el("summary")
                    .child(el("span").text(w!("Build server: ")))
                    .child(el("code").text(host)),
            )
            .children(input);
    }
    el("fieldset")
        .class("server")
        .maybe(complaint.or_else(|| {
            Some(note("note info", w!("This router names no build server. Enter the address of one you trust, for example https://sysupgrade.openwrt.org.")))
        }))
        .children(input)
}
