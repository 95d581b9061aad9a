//! What went wrong, and what can be done about it.

use super::parts::{actions, button, folded, headline, verbatim};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::trouble::Trouble;
use crate::update::Step;
use crate::words::w;

pub(super) fn error(model: &Model) -> Element {
    let trouble = &model.trouble;
    let packages = (!trouble.packages.is_empty()).then(|| {
        el("ul")
            .class("packages")
            .children(trouble.packages.iter().map(|problem| {
                let remedy = (!problem.remedy.is_empty())
                    .then(|| el("span").class("reason").text(problem.remedy.as_str()));
                el("li")
                    .child(el("span").class("name").text(problem.name.as_str()))
                    .child(el("span").class("reason").text(problem.reason.as_str()))
                    .maybe(remedy)
            }))
    });
    let log = (!trouble.log.is_empty())
        .then(|| folded(w!("Details for a report"), verbatim(&trouble.log)));
    el("section")
        .class("card trouble")
        .child(el("span").class("seal bad").attr("aria-hidden", "true"))
        .child(headline(trouble.title.as_str()))
        .child(el("p").class("lead").text(trouble.why.as_str()))
        .maybe(packages)
        .child(
            div("next")
                .child(el("h2").text(w!("What to do")))
                .child(el("p").text(trouble.next.as_str())),
        )
        .maybe(log)
        .child(buttons(trouble))
        .child(
            el("p")
                .class("small")
                .child(el("span").text(w!("Cause: ")))
                .child(el("code").text(trouble.cause.as_str())),
        )
}

/// The button that is more likely to help comes first.
fn buttons(trouble: &Trouble) -> Element {
    let label = if trouble.retry == Some(Step::TakeOver) {
        w!("Go on here instead")
    } else {
        w!("Try again")
    };
    let retry = |class| button(Action::Retry, label, class);
    let back = |class| button(Action::Back, w!("Back"), class);
    match (trouble.retry.is_some(), trouble.is_settled) {
        (true, false) => actions().child(retry("primary")).child(back("plain")),
        (true, true) => actions().child(back("primary")).child(retry("plain")),
        (false, _) => actions().child(back("primary")),
    }
}
