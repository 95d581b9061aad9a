//! The diagram of states in the documentation is the table the code is checked against.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;

use asu_view::State;
use asu_view::state::TRANSITIONS;

/// The diagram, written from the table the code is checked against.
fn diagram() -> String {
    let mut text = String::from(
        "# States of the view\n\nWritten by the test `the_diagram_is_true` from `luci-wasm/core/src/state.rs`; run it with `BLESS=1` to write it anew.\n\nEvery state with a time limit may end in `error`; every state but `flashing` and `rebooting` may end in `login`\nby logging out or because the session ended. Both are left out of the diagram.\n\n```mermaid\nstateDiagram-v2\n    [*] --> login\n",
    );
    for (from, why, to) in TRANSITIONS {
        if *from != State::Error {
            writeln!(text, "    {} --> {}: {why}", from.name(), to.name()).unwrap();
        }
    }
    text.push_str("```\n\nFrom `error`, trying again leads to the step that failed, and going back to the last screen on which something\ncan be decided: ");
    let after: Vec<String> = TRANSITIONS
        .iter()
        .filter(|(from, ..)| *from == State::Error)
        .map(|(_, why, to)| format!("{why} to `{}`", to.name()))
        .collect();
    writeln!(text, "{}.", after.join(", ")).unwrap();
    text.push_str("\n| state | longest wait without news | can be cancelled |\n|---|---|---|\n");
    for state in State::ALL {
        let limit = state
            .limit()
            .map_or("a person decides".to_owned(), |limit| {
                format!("{} s", limit / 1000)
            });
        let cancel = match (state.limit(), state.can_cancel()) {
            (None, _) => "",
            (_, true) => "yes",
            (_, false) => "no",
        };
        writeln!(text, "| `{}` | {limit} | {cancel} |", state.name()).unwrap();
    }
    text
}

#[test]
fn the_diagram_is_true() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/view-states.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, diagram()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        diagram(),
        "write it anew with BLESS=1"
    );
}
