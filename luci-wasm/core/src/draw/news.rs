//! The notice of a newer release, below the overview.

use super::parts::{actions, button, note};
use super::plan::release_notes;
use crate::model::{Model, News};
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::words::{join, w};

/// Always there, so that screen readers notice when something comes.
pub(super) fn news(model: &Model) -> Element {
    let shown = (model.state == State::Overview).then(|| notice(model));
    div("news slot")
        .attr("role", "status")
        .maybe(shown.flatten())
}

fn notice(model: &Model) -> Option<Element> {
    let close = || button(Action::Dismiss, w!("Close"), "quiet");
    let note = |words| note("note info", words);
    let server = model.servers.build.first()?;
    let question = || {
        w!(
            "Look for new releases after each login? Your browser would ask {0}.",
            server
        )
    };
    let answers = || {
        actions()
            .child(button(Action::Tell, w!("Yes"), "plain"))
            .child(button(Action::Hush, w!("No"), "quiet"))
    };
    let is_mine = model.may(Action::Tell);
    match &model.news {
        News::Undecided if is_mine => Some(note(question()).child(answers())),
        News::Unsaved => {
            let failed = w!(
                "The router did not save this: the login may have ended, or it may not change settings."
            );
            Some(note(join(&[failed, &question()], " ")).child(answers()))
        }
        News::Awaited => Some(note(w!("Looking for upgrades").to_owned())),
        News::None => {
            Some(note(w!("No newer release was found.").to_owned()).child(actions().child(close())))
        }
        News::Found(version) => Some(
            found(model, version).child(
                actions()
                    .child(button(Action::Search, w!("See the upgrade"), "plain"))
                    .child(close())
                    .maybe(is_mine.then(|| button(Action::Hush, w!("Stop showing"), "quiet"))),
            ),
        ),
        News::Quiet | News::Due | News::Undecided => None,
    }
}

fn found(model: &Model, version: &str) -> Element {
    div("note info")
        .child(el("p").child(el("strong").text(w!("OpenWrt {0} is available", version))))
        .maybe(release_notes(model, version).map(|link| el("p").child(link)))
}
