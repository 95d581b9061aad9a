//! Every state meets everything that can happen to it, and each meeting has the outcome that
//! `outcomes.txt` names. `BLESS=1` writes that file anew; read the difference before keeping it.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod events;
mod places;

use std::collections::BTreeSet;
use std::fmt::Write;

use asu_view::{Action, Effect, Msg, State};
use common::rules::{check, is_allowed, waits_end};
use common::{Bench, describe};
use events::{Event, events, stale};
use places::{Place, places};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pairs/outcomes.txt");

/// What came of an event, in one line.
fn outcome(place: &Place, event: &Event) -> String {
    let (mut bench, mut world) = place.bench();
    let (before, page, known) = (bench.state(), bench.text(), bench.log.len());
    let since = bench.now;
    event.happen(place, &mut bench, &mut world);
    holds(&bench, place, event);
    let after = bench.state();
    let mut words = if before == after && after != State::Error {
        String::from("stays")
    } else {
        after.name().to_owned()
    };
    if event.is_silence() && before != after {
        write!(words, " after {} s", (bench.now - since) / 1000).unwrap();
    }
    let new: Vec<Effect> = bench.log[known..].to_vec();
    if after == State::Error {
        let cause = bench.model.trouble().cause.clone();
        write!(words, " {cause}, {}", ways(&mut bench)).unwrap();
    } else if before == after && new.is_empty() && bench.text() != page {
        words.push_str(", says something new");
    }
    if !event.is_silence() {
        let asked: Vec<String> = new.iter().filter_map(asked).collect();
        if !asked.is_empty() {
            write!(words, ": {}", asked.join(", ")).unwrap();
        }
    }
    waits_end(&mut bench);
    words
}

/// Where trying again leads.
fn ways(bench: &mut Bench) -> String {
    let again = bench.has_button(Action::Retry);
    if !again {
        return "no second try".to_owned();
    }
    bench.send(Msg::Press(Action::Retry));
    let words = format!("try again: {}", bench.state().name());
    bench.open.clear();
    words
}

fn asked(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Abort { .. } => None,
        Effect::Remember(_) => Some("remember".to_owned()),
        Effect::Forget => Some("forget".to_owned()),
        Effect::Discard => Some("free the image".to_owned()),
        effect => Some(describe(effect).replace("http://server", "")),
    }
}

/// What must hold after every event.
fn holds(bench: &Bench, place: &Place, event: &Event) {
    let at = || format!("{}, {}", place.name, event.name);
    let mut open: Vec<String> = bench.open.iter().map(describe).collect();
    let all = open.len();
    open.sort();
    open.dedup();
    assert_eq!(
        open.len(),
        all,
        "the same thing is asked for twice: {}",
        at()
    );
    check(bench, &at());
    // The host opens a view once; the diagram has nothing for a second time.
    let is_second = event.is_opening() && place.state != State::Login;
    assert!(
        is_second || is_allowed(place.state, bench.state()),
        "{}",
        at()
    );
}

/// Messages with the same outcome stand in one line.
fn table(places: &[Place]) -> String {
    let mut text = String::from(
        "Every state of the view, with what it waits for, and what comes of everything that can happen.\nAn answer by its HTTP status stands for one of JSON and for a page.\nWritten by the test `every_pair_has_its_outcome`; BLESS=1 writes it anew.\n",
    );
    for place in places {
        writeln!(text, "\n{}", place.name).unwrap();
        let mut rows: Vec<(String, Vec<String>)> = Vec::new();
        let events = events(place);
        let all: Vec<String> = events.iter().map(|event| event.name.clone()).collect();
        for event in events {
            let words = outcome(place, &event);
            match rows.iter_mut().find(|(known, _)| *known == words) {
                Some((_, names)) => names.push(event.name),
                None => rows.push((words, vec![event.name])),
            }
        }
        for (words, names) in rows {
            writeln!(text, "  {words}\n      {}", fold(&names, &all).join(" · ")).unwrap();
        }
    }
    text
}

/// Says shortly what belongs together: a status stands for an answer of JSON and for a page, and a
/// family that is there as a whole is named as one.
fn fold(names: &[String], all: &[String]) -> Vec<String> {
    let mut short = names.to_vec();
    for family in ["pick", "ubus", "choose"] {
        let is_in = |name: &&String| name.starts_with(family);
        let count = all.iter().filter(is_in).count();
        if count > 0 && names.iter().filter(is_in).count() == count {
            short.retain(|name| !name.starts_with(family));
            short.push(format!("any {family}"));
        }
    }
    short.retain(|name| {
        let twin = name.strip_suffix(" page");
        !twin.is_some_and(|twin| names.iter().any(|name| name == twin))
    });
    short
}

#[test]
fn every_pair_has_its_outcome() {
    let places = places();
    let seen: BTreeSet<State> = places.iter().map(|place| place.state).collect();
    for state in State::ALL {
        assert!(
            seen.contains(&state),
            "nothing is tried in {}",
            state.name()
        );
    }
    let kinds: BTreeSet<usize> = places.iter().flat_map(events).map(|e| e.kind()).collect();
    assert_eq!(kinds.len(), 7, "a kind of message is not tried: {kinds:?}");
    let now = table(&places);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(FILE, &now).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap();
    if let Some((line, (is, was))) = now
        .lines()
        .zip(kept.lines())
        .enumerate()
        .find(|(_, (now, kept))| now != kept)
    {
        panic!("line {}: {is:?}, but outcomes.txt has {was:?}", line + 1);
    }
    assert_eq!(
        now.len(),
        kept.len(),
        "outcomes.txt has more or fewer lines"
    );
}

/// What was asked for in an earlier state may be answered late, and by anything.
#[test]
fn late_answers_change_nothing() {
    for place in places() {
        let (mut bench, _) = place.bench();
        let (state, page, known) = (bench.state(), bench.text(), bench.log.len());
        for msg in stale() {
            bench.send(msg.clone());
            assert_eq!(bench.state(), state, "{}: {msg:?}", place.name);
            assert_eq!(bench.log.len(), known, "{}: {msg:?}", place.name);
        }
        assert_eq!(bench.text(), page, "{}", place.name);
    }
}

/// Nobody answers and nobody presses: each waiting state ends within its limit, whatever it waits
/// for. The browser's own storage is not a wait: it always answers.
#[test]
fn silence_ends_every_wait_in_time() {
    let storage = |place: &Place| place.what.as_deref() == Some("LOOK");
    for place in places().into_iter().filter(|place| !storage(place)) {
        let Some(limit) = place.state.limit() else {
            continue;
        };
        let (mut bench, _) = place.bench();
        let since = bench.now;
        bench.silence();
        let waited = bench.now - since;
        assert!(
            bench.state() != place.state && waited <= limit + 1_000,
            "{}: {} after {waited} ms",
            place.name,
            bench.state().name()
        );
    }
}

/// Whoever stops is where something can be decided, and nothing goes on behind the screen.
#[test]
fn every_wait_can_be_stopped() {
    for place in places() {
        if !place.state.can_cancel() {
            continue;
        }
        let (mut bench, _) = place.bench();
        bench.press(Action::Cancel);
        assert_eq!(bench.state().limit(), None, "{}", place.name);
        let left: Vec<String> = bench.open.iter().map(describe).collect();
        assert!(
            left.iter().all(|what| what == "attendedsysupgrade clean"),
            "{}: {left:?}",
            place.name
        );
    }
}
