//! What holds in every state, whatever happened.

use asu_view::state::TRANSITIONS;
use asu_view::{Action, Pick, State};

use super::Bench;

/// Whether the diagram leads from one state to the other.
pub fn is_allowed(from: State, to: State) -> bool {
    from == to
        || (to == State::Error && from.limit().is_some())
        || (to == State::Login && !matches!(from, State::Flashing | State::Rebooting))
        || TRANSITIONS.iter().any(|(a, _, b)| (*a, *b) == (from, to))
}

/// Every wait ends and can be stopped, every other screen leads on, and an error says what to do.
pub fn check(bench: &Bench, after: &str) {
    let state = bench.state();
    let buttons = bench.buttons();
    if state.limit().is_some() {
        assert!(bench.model.is_waiting(), "nothing ends the wait: {after}");
        let can_cancel = buttons.contains(&Action::Cancel);
        assert_eq!(can_cancel, state.can_cancel(), "{}: {after}", state.name());
    } else {
        assert!(!buttons.is_empty(), "a dead end: {}, {after}", state.name());
    }
    let text = bench.text();
    assert!(!text.contains("admin"), "the password is shown: {after}");
    if state == State::Error {
        let trouble = bench.model.trouble();
        let said = [&trouble.cause, &trouble.title, &trouble.next];
        assert!(!said.iter().any(|part| part.is_empty()), "{trouble:?}");
    }
}

/// With nobody answering and nobody pressing, every wait ends.
pub fn waits_end(bench: &mut Bench) {
    for _ in 0..3_000 {
        if !bench.model.is_waiting() {
            return;
        }
        bench.open.clear();
        bench.tick(5_000);
    }
    panic!("{} waits for ever", bench.state().name());
}

/// Everything that can be pressed.
pub fn every_action() -> Vec<Action> {
    let picks = [
        Pick::Remedy,
        Pick::Everything,
        Pick::Instead,
        Pick::Provider,
        Pick::Without,
        Pick::Rejected,
        Pick::Undo,
        Pick::Channel,
        Pick::Near,
    ];
    let picks = picks.map(|pick| Action::Pick(pick, 0, 0));
    Action::ALL.into_iter().chain(picks).collect()
}
