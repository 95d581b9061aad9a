//! Pieces that several screens share.

use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::state::State;
use crate::words::w;

/// A screen: a headline that takes the focus when the screen appears, and a sentence.
pub(super) fn card(title: impl AsRef<str>, lead: impl AsRef<str>) -> Element {
    el("section")
        .class("card")
        .child(headline(title))
        .child(el("p").class("lead").text(lead))
}

/// The headline of a screen.
pub(super) fn headline(title: impl AsRef<str>) -> Element {
    el("h1")
        .attr("tabindex", "-1")
        .attr("data-focus", "")
        .text(title)
}

/// A button; `class` is `primary`, `plain`, `danger` or `quiet`.
pub(super) fn button(action: Action, label: impl AsRef<str>, class: &'static str) -> Element {
    el("button")
        .attr("type", "button")
        .class(class)
        .attr("data-action", action.name())
        .text(label)
}

/// The row of buttons at the end of a screen.
pub(super) fn actions() -> Element {
    div("actions")
}

/// A sentence that is only good to know.
pub(super) fn small(text: impl AsRef<str>) -> Element {
    el("p").class("small").text(text)
}

/// A choice with a label; `chosen` is the value of one of the options, which are values and words.
pub(super) fn select(
    id: &'static str,
    label: &'static str,
    chosen: &str,
    options: Vec<(String, String)>,
) -> [Element; 2] {
    let option = |(value, words): (String, String)| {
        el("option")
            .flag("selected", value == chosen)
            .attr("value", value)
            .text(words)
    };
    let select = el("select")
        .attr("id", id)
        .attr("data-value", chosen)
        .children(options.into_iter().map(option));
    [el("label").attr("for", id).text(label), select]
}

/// Text for screen readers only.
pub(super) fn hidden(text: impl AsRef<str>) -> Element {
    el("span").class("sr-only").text(text)
}

/// A labelled fact of a definition list.
pub(super) fn fact(label: &'static str, value: impl AsRef<str>) -> Element {
    div("fact")
        .child(el("dt").text(label))
        .child(el("dd").text(value))
}

/// A box that stands out; `class` is `note info`, `note warn` or `note bad`.
pub(super) fn note(class: &'static str, text: impl AsRef<str>) -> Element {
    div(class).child(el("p").text(text))
}

/// Says why nothing is offered that changes the router.
pub(super) fn only_looking(model: &Model) -> Option<Element> {
    let words = w!("You may look at upgrades with this login, but not carry them out.");
    (model.options.readonly && model.state != State::Login).then(|| note("note info", words))
}

/// Which server is used and why, where it is not the first choice.
pub(super) fn skipped_servers(model: &Model) -> Option<Element> {
    let (failed, why) = model.skipped.last()?;
    let server = model.server.as_deref().filter(|_| {
        !matches!(
            model.state,
            State::Login | State::Identifying | State::Overview | State::Done | State::Error
        )
    })?;
    let text = w!(
        "{0} did not help (“{1}”), so {2} is used, the next server in the router’s list.",
        failed,
        why,
        server
    );
    Some(note("note info", text))
}

/// The list of steps that machines work through.
pub(super) fn checklist(items: impl Iterator<Item = Element>) -> Element {
    el("ol").class("checklist").children(items)
}

/// What can be folded away: a headline and what is below it.
pub(super) fn folded(title: impl AsRef<str>, below: Element) -> Element {
    el("details")
        .class("group")
        .child(el("summary").text(title))
        .child(below)
}

/// Text of a machine, as it is.
pub(super) fn verbatim(text: &str) -> Element {
    el("pre").attr("tabindex", "0").text(text)
}

/// A checkbox with a label and an explanation below it.
pub(super) fn checkbox(
    id: impl AsRef<str>,
    label: impl AsRef<str>,
    hint: impl AsRef<str>,
    on: bool,
    enabled: bool,
) -> Element {
    let (id, hint) = (id.as_ref(), hint.as_ref());
    let hint_id = [id, "-hint"].concat();
    let input = el("input")
        .attr("type", "checkbox")
        .attr("id", id)
        .flag("checked", on)
        .flag("disabled", !enabled);
    let (input, text) = if hint.is_empty() {
        (input, None)
    } else {
        let text = el("span").class("hint").attr("id", &hint_id).text(hint);
        (input.attr("aria-describedby", hint_id), Some(text))
    };
    let words = el("span")
        .child(el("span").class("name").text(label))
        .maybe(text);
    el("label")
        .class("check")
        .attr("for", id)
        .child(input)
        .child(words)
}

/// How far an item of a checklist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Done,
    Now,
    Later,
}

impl Mark {
    /// The mark of an item at `place` when the item at `current` is under way.
    pub(super) fn at(place: usize, current: usize) -> Self {
        match place.cmp(&current) {
            std::cmp::Ordering::Less => Self::Done,
            std::cmp::Ordering::Equal => Self::Now,
            std::cmp::Ordering::Greater => Self::Later,
        }
    }
}

/// One item of a checklist, with anything below its label.
pub(super) fn item(mark: Mark, label: impl AsRef<str>, below: Option<Element>) -> Element {
    let (class, word) = match mark {
        Mark::Done => ("done", w!("finished: ")),
        Mark::Now => ("now", w!("under way: ")),
        Mark::Later => ("later", ""),
    };
    let label = div("label")
        .maybe((!word.is_empty()).then(|| hidden(word)))
        .text(label);
    let dot = el("span").class("dot").attr("aria-hidden", "true");
    el("li")
        .class(class)
        .child(dot)
        .child(div("body").child(label).maybe(below))
}

/// A bar for `done` of `total`, or a moving one if the total is not known.
pub(super) fn bar(label: &'static str, done: u64, total: Option<u64>) -> Element {
    let bar = el("progress").attr("aria-label", label).attr("max", "100");
    match total {
        Some(total) => bar.attr("value", crate::units::percent(done, total).to_string()),
        None => bar,
    }
}
