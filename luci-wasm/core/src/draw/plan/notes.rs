//! What to know before going on.

use asu_protocol::plan::Warning;

use super::super::parts::{checkbox, note};
use super::pick;
use crate::model::Model;
use crate::msg::{Action, Pick};
use crate::node::{Element, div, el};
use crate::order::contains;
use crate::plan::Plan;
use crate::words::{join, w};

/// Everything that stands out above the button.
pub(super) fn notes(model: &Model, plan: &Plan) -> Element {
    let checks = model.checks(plan);
    div("notes slot")
        .maybe(model.too_big.then(|| too_big(model)))
        .maybe(rejected(model, plan))
        .maybe(model.has_lost_script().then(|| {
            note("note warn", w!("Your first-boot script was not kept when this page was loaded anew. Enter it again below “More options” if it shall be in the image."))
        }))
        .children(checks.bad.iter().map(warning))
        .children(plan.warnings.iter().map(warning))
        .maybe(consent(model, plan))
        .maybe(plan.is_own.then(|| own(model)))
        .maybe((!checks.good.is_empty()).then(|| good(&checks.good)))
}

fn too_big(model: &Model) -> Element {
    let way = if model.partition_sizes().is_empty() {
        w!("Leave out packages below that you can do without, then build again.")
    } else {
        w!(
            "Choose a larger system partition below “More options”, or leave out packages; then build again."
        )
    };
    let what = w!("The last image was too big for the router’s flash.");
    note("note warn", join(&[what, way], " "))
}

/// What is only good to know is not shown as an alarm.
fn warning(warning: &Warning) -> Element {
    let class = match warning.code.as_str() {
        "does-not-fit" | "tmp-too-small" | "no-image" | "compat-version" => "note bad",
        "default-not-installed" => "note info",
        _ => "note warn",
    };
    let off = (warning.code == "compat-version").then(|| {
        el("p").text(w!(
            "“Keep settings” is therefore switched off for this upgrade."
        ))
    });
    note(class, warning.text.as_str()).maybe(off)
}

/// What was looked at and is well.
fn good(checks: &[String]) -> Element {
    let item = |text: &String| {
        el("li")
            .class("done")
            .child(el("span").class("dot").attr("aria-hidden", "true"))
            .child(el("span").text(text.as_str()))
    };
    el("ul")
        .class("checks")
        .attr("aria-label", w!("Checked before the build"))
        .children(checks.iter().map(item))
}

/// The box that says yes to older releases and packages.
fn consent(model: &Model, plan: &Plan) -> Option<Element> {
    let has = |code: &str| plan.warnings.iter().any(|warning| warning.code == code);
    let older = (has("release-downgrade"), has("package-downgrade"));
    let agreed = model.question.allow_downgrade && (older.0 || older.1);
    let label = match older {
        _ if !plan.needs_consent() && !agreed => return None,
        _ if !model.may(Action::Request) => return None,
        (true, true) => w!("Go on although the release and some packages are older"),
        (true, false) => w!("Go on although the release is older"),
        (false, true) => w!("Go on although some packages become older"),
        _ => w!("Go on although the server warns"),
    };
    Some(checkbox(
        "asu-consent",
        label,
        w!("Without this the image is not built."),
        model.question.allow_downgrade,
        true,
    ))
}

/// What a plan made here cannot know.
fn own(model: &Model) -> Element {
    let said = match model.unplanned.as_deref() {
        Some(text) if !text.is_empty() => w!("The server says: “{0}”", text),
        _ => String::new(),
    };
    let limits = w!(
        "This build server made no plan, so this page compared package lists itself. It cannot tell which packages become older, whether all of them work together, whether the image fits, or whether your settings can be kept; build and test will show."
    );
    note("note info", join(&[limits, &said], " "))
}

/// Packages the server named when it refused the last request.
fn rejected(model: &Model, plan: &Plan) -> Option<Element> {
    let is_planned = |name: &str| {
        plan.changes.iter().any(|change| {
            (change.name == name || contains(&change.by, name))
                && change.fate != asu_protocol::plan::Fate::Dropped
        })
    };
    let problems = model.rejected.iter().enumerate();
    let rows: Vec<Element> = problems
        .filter(|(_, problem)| is_planned(&problem.name))
        .map(|(place, problem)| {
            let label = w!("Leave out {0}", problem.name);
            el("li")
                .child(el("span").class("reason").text(problem.reason.as_str()))
                .child(pick(Pick::Rejected, place, 0, label, "plain mini"))
        })
        .collect();
    (!rows.is_empty()).then(|| {
        div("note warn")
            .child(el("h2").text(w!("The server could not install these")))
            .child(el("ul").class("rejected").children(rows))
    })
}
