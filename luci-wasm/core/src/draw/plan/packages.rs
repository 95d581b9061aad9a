//! The packages of a plan, in groups.

use super::super::parts::checkbox;
use super::super::reasons;
use crate::model::Model;
use crate::node::{Element, div, el};
use crate::order::contains;
use crate::plan::{Change, Fate, Plan};
use crate::units;

/// Packages about which somebody has to decide.
pub(super) fn decisions(model: &Model, plan: &Plan) -> Vec<Element> {
    missing(model, plan)
        .into_iter()
        .chain(rejected(model, plan))
        .collect()
}

/// Without these the next upgrade could not be made here.
const THIS_PAGE: [&str; 6] = [
    "cgi-io",
    "rpcd",
    "rpcd-mod-attendedsysupgrade",
    "rpcd-mod-packagelist",
    "uhttpd",
    "uhttpd-mod-ubus",
];

/// Every package a person may do without: all but the standard ones, which a router needs to start,
/// and those of this page. Open from the start when the last image was too big.
pub(super) fn choice(model: &Model, plan: &Plan) -> Option<Element> {
    let defaults = model.documents.profile.as_ref()?.defaults();
    let missing = plan.missing();
    let is_rejected = |name: &str| model.rejected.iter().any(|problem| problem.name == name);
    let is_free = |name: &str| {
        let is_needed = contains(&defaults, name) || contains(&THIS_PAGE, name);
        !is_needed && !contains(&missing, name) && !is_rejected(name)
    };
    let wanted = plan.packages(&[]);
    let free: Vec<&String> = wanted.iter().filter(|name| is_free(name)).collect();
    let left = free
        .iter()
        .filter(|name| contains(&model.form.left_out, name))
        .count();
    let title = if left == 0 {
        "Leave packages out".to_owned()
    } else {
        format!("Leave packages out ({left} ticked)")
    };
    let boxes = free
        .into_iter()
        .map(|name| leave(model, name, String::new()));
    Some(
        el("details")
            .class("group")
            .flag("open", model.too_big)
            .child(el("summary").text(title))
            .child(div("boxes").children(boxes)),
    )
}

/// What happens to all the others.
pub(super) fn groups(plan: &Plan) -> Vec<Element> {
    let shown = |kind: fn(&Fate) -> bool| -> Vec<&Change> {
        plan.changes
            .iter()
            .filter(|change| kind(&change.fate))
            .collect()
    };
    let mut groups = Vec::new();
    groups.extend(open(
        "Replaced",
        &shown(|fate| matches!(fate, Fate::Replaced { .. })),
    ));
    groups.extend(open(
        "Removed",
        &shown(|fate| matches!(fate, Fate::Dropped(_))),
    ));
    groups.extend(open("Added", &shown(|fate| matches!(fate, Fate::Added(_)))));
    groups.extend(folded(
        "in a new version",
        &shown(|fate| matches!(fate, Fate::Upgraded { .. })),
    ));
    groups.extend(folded(
        "unchanged",
        &shown(|fate| matches!(fate, Fate::Same(_))),
    ));
    groups
}

fn open(title: &'static str, changes: &[&Change]) -> Option<Element> {
    (!changes.is_empty()).then(|| {
        div("group")
            .child(
                el("h3")
                    .text(title)
                    .child(el("span").class("count").text(changes.len().to_string())),
            )
            .child(rows(changes))
    })
}

fn folded(words: &'static str, changes: &[&Change]) -> Option<Element> {
    (!changes.is_empty()).then(|| {
        let title = format!("{} {words}", units::packages(changes.len()));
        el("details")
            .class("group")
            .child(el("summary").text(title))
            .child(rows(changes))
    })
}

fn rows(changes: &[&Change]) -> Element {
    el("ul")
        .class("packages")
        .children(changes.iter().map(|change| row(change)))
}

fn row(change: &Change) -> Element {
    let name = el("span").class("name").text(change.name.as_str());
    let row = el("li");
    let version = |text: &str| el("span").class("version").text(text);
    match &change.fate {
        Fate::Same(installed) => row.child(name).child(version(installed)),
        Fate::Upgraded { from, to } => row.child(name).child(
            version(from)
                .child(to_arrow())
                .child(el("b").text(to.as_str())),
        ),
        Fate::Replaced { by, .. } => row
            .child(name.child(to_arrow()).child(el("b").text(by.as_str())))
            .child(
                el("span")
                    .class("reason")
                    .text(reasons::replaced(&change.name, by)),
            ),
        Fate::Dropped(reason) => row
            .child(name)
            .child(el("span").class("reason").text(reason.as_str())),
        Fate::Added(_) => row
            .child(name)
            .child(el("span").class("reason").text("new standard package")),
        Fate::Missing => row.child(name),
    }
}

fn to_arrow() -> Element {
    el("span")
        .class("to")
        .child(el("span").class("sr-only").text(" becomes "))
}

fn missing(model: &Model, plan: &Plan) -> Option<Element> {
    let names = plan.missing();
    if names.is_empty() {
        return None;
    }
    let all = names
        .iter()
        .all(|name| contains(&model.form.left_out, name));
    let boxes = names.iter().map(|name| leave(model, name, String::new()));
    Some(
        div("note warn group")
            .child(el("h2").text("Not available in this release"))
            .child(el("p").text(format!("OpenWrt {} does not have these. Tick what the new image may leave out; its settings stay on the router.", plan.version)))
            .maybe((names.len() > 1).then(|| checkbox("asu-leave-all", "Leave out all of them", "", all, true)))
            .children(boxes),
    )
}

/// Packages the server named when it refused the last request.
fn rejected(model: &Model, plan: &Plan) -> Option<Element> {
    let wanted = plan.packages(&[]);
    let boxes: Vec<Element> = model
        .rejected
        .iter()
        .filter(|problem| {
            wanted.contains(&problem.name) && !plan.missing().contains(&problem.name.as_str())
        })
        .map(|problem| leave(model, &problem.name, problem.reason.clone()))
        .collect();
    (!boxes.is_empty()).then(|| {
        div("note warn group")
            .child(el("h2").text("The server could not install these"))
            .child(el("p").text("Tick what the new image may leave out, then request it again."))
            .children(boxes)
    })
}

fn leave(model: &Model, name: &str, hint: String) -> Element {
    let on = contains(&model.form.left_out, name);
    checkbox(
        format!("asu-leave-{name}"),
        format!("Leave out {name}"),
        hint,
        on,
        true,
    )
}
