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

/// What the router tells; what it does not tell is left out.
fn facts(model: &Model) -> Element {
    let router = &model.router;
    let text = |label, text: &str| (!text.is_empty()).then(|| fact(label, text));
    let size = |label, size: Option<u64>| size.map(|size| fact(label, units::bytes(size)));
    let memory = router.memory_available.zip(router.memory_total);
    let memory =
        memory.map(|(free, total)| w!("{0} of {1}", units::bytes(free), units::bytes(total)));
    el("dl")
        .class("facts")
        .maybe(text(w!("Release"), &router.version))
        .maybe(text(w!("Revision"), &router.revision))
        .maybe(text(w!("Target"), &router.target))
        .maybe(text(w!("Board"), &router.board_name))
        .maybe(text(w!("Package manager"), &router.package_manager))
        .maybe(size(w!("Free in flash"), router.overlay_free))
        .maybe(size(w!("Free for an image"), router.tmp_free))
        .maybe(memory.map(|memory| fact(w!("Free memory"), memory)))
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
