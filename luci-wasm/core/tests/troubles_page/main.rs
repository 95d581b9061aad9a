//! `docs/view-troubles.md`: every trouble with what people read and may do, and how long it can take
//! until they read it. `BLESS=1` writes the page anew.
#![allow(clippy::unwrap_used, reason = "tests")]

mod cases;
#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use asu_view::{Action, State};
use cases::{others, with_router, with_server};
use common::{Bench, english, fail_at};

/// The state that ended in the error.
fn failed_in(bench: &Bench) -> State {
    let ends = |(from, to): &&(State, State)| *to == State::Error && *from != State::Error;
    bench.went.iter().rev().find(ends).unwrap().0
}

fn all() -> Vec<(&'static str, State, Bench)> {
    let cases = with_router().into_iter().chain(with_server());
    let mut all: Vec<_> = cases
        .map(|(cause, state, what, reply)| (cause, fail_at(state, what, reply).0))
        .chain(others())
        .map(|(cause, bench)| (cause, failed_in(&bench), bench))
        .collect();
    all.sort_by_key(|(_, state, _)| State::ALL.iter().position(|known| known == state));
    all
}

fn table(all: &[(&str, State, Bench)]) -> String {
    let mut text = String::from(
        "# Troubles, and what the page says\n\nWritten by the test `the_page_of_troubles_is_true` (`luci-wasm/core/tests/troubles_page`) from what the view\ndraws; run it with `BLESS=1` to write it anew. Names and numbers are examples.\n[view-states.md](view-states.md) has all states, and `luci-wasm/core/tests/pairs/outcomes.txt` what comes of\neverything that can happen in each. [pages.md](pages.md) has pictures.\n\nNo trouble takes longer to show than its state waits without news.\n\n| state, its longest wait | cause | what people read | what to do next | try again |\n|---|---|---|---|---|\n",
    );
    for (_, state, bench) in all {
        let trouble = bench.model.trouble();
        let limit = state.limit().unwrap() / 1000;
        let again = if bench.has_button(Action::Retry) {
            "yes"
        } else {
            "no"
        };
        let cell = |words: &str| english(words).replace('|', "/");
        writeln!(
            text,
            "| `{}`, {limit} s | `{}` | **{}.** {} | {} | {again} |",
            state.name(),
            trouble.cause,
            cell(&trouble.title),
            cell(&trouble.why),
            cell(&trouble.next)
        )
        .unwrap();
    }
    text
}

#[test]
fn the_page_of_troubles_is_true() {
    let all = all();
    for (cause, _, bench) in &all {
        common::assert_trouble(bench, cause);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/view-troubles.md");
    let now = table(&all);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        now,
        "write it anew with BLESS=1"
    );
}

/// What looks like a cause in the sources, and is none.
const OTHERS: [&str; 7] = [
    "compat-version",
    "method-not-allowed",
    "not-found",
    "release-downgrade",
    "rpcd-mod-attendedsysupgrade",
    "rpcd-mod-packagelist",
    "tmp-too-small",
];

#[test]
fn no_trouble_is_left_out() {
    let known: BTreeSet<&str> = all().into_iter().map(|(cause, ..)| cause).collect();
    let mut found = BTreeSet::new();
    for folder in ["trouble", "update"] {
        words(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("src")
                .join(folder),
            &mut found,
        );
    }
    found.retain(|word| !OTHERS.contains(&word.as_str()));
    let missing: Vec<_> = found
        .iter()
        .filter(|word| !known.contains(word.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/view-troubles.md lacks {missing:?}"
    );
    assert!(found.len() > 30, "the sources are read: {found:?}");
}

/// All quoted words with hyphens in the files of a folder.
fn words(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            words(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let quoted = text.split('"').skip(1).step_by(2);
        let plain = |word: &&str| {
            word.contains('-')
                && !word.starts_with('-')
                && word
                    .chars()
                    .all(|char| char == '-' || char.is_ascii_lowercase())
        };
        found.extend(quoted.filter(plain).map(str::to_owned));
    }
}
