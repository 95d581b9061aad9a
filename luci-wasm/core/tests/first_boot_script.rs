//! A first-boot script may hold passwords: it goes to the server that was chosen and nowhere else.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, State};
use common::{Bench, World, describe, tree};
use serde_json::{Value, json};

const SCRIPT: &str = "uci set wireless.default_radio0.key='hunter2'";
const SAID: &str = "Other servers were not asked for the same image: your first-boot script is for http://server only.";

/// The view at its plan, on a router with other servers to compare with.
fn planned(others: &Value) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.settings = json!({"rebuilder": others});
    bench.walk_to(State::Plan, &mut world);
    bench.send(Msg::Edit(Edit::Script(SCRIPT.into())));
    (bench, world)
}

/// Where the script was sent or kept.
fn holders(bench: &Bench) -> Vec<String> {
    let all = bench.log.iter();
    let found = all.filter(|effect| format!("{effect:?}").contains("hunter2"));
    found.map(describe).collect()
}

fn asked_others(bench: &Bench) -> bool {
    let mut all = bench.log.iter();
    all.any(|effect| describe(effect).contains("http://other"))
}

fn reload(before: &Bench) -> Bench {
    let mut all = before.log.iter().rev();
    let last = all.find_map(|effect| match effect {
        Effect::Remember(text) => serde_json::from_str::<Value>(text).ok(),
        _ => None,
    });
    let options = Options {
        remembered: Some(tree(&last.unwrap())),
        ..Options::default()
    };
    Bench::at(before.now + 3_000, options)
}

#[test]
fn other_servers_do_not_see_it_and_that_is_said() {
    let (mut bench, mut world) = planned(&json!(["http://other", "http://server"]));
    bench.walk_to(State::Confirm, &mut world);
    assert!(!asked_others(&bench));
    assert_eq!(holders(&bench), ["POST http://server/api/v1/build"]);
    assert!(bench.text().contains(SAID), "{}", bench.text());
    // Without a script they are asked again.
    bench.press(Action::Cancel);
    bench.send(Msg::Edit(Edit::Script(String::new())));
    bench.walk_to(State::Confirm, &mut world);
    assert!(asked_others(&bench) && !bench.text().contains(SAID));
}

#[test]
fn nothing_is_said_where_nobody_would_have_been_asked() {
    for others in [json!([]), json!("http://server")] {
        let (mut bench, mut world) = planned(&others);
        bench.walk_to(State::Confirm, &mut world);
        assert!(!bench.text().contains("Other servers were not asked"));
    }
}

#[test]
fn a_reload_forgets_the_script_and_not_that_there_is_one() {
    for state in [State::Queued, State::Confirm] {
        let (mut bench, mut world) = planned(&json!("http://other"));
        bench.walk_to(state, &mut world);
        let mut bench = reload(&bench);
        bench.walk_to(State::Confirm, &mut world);
        assert!(!asked_others(&bench) && holders(&bench).is_empty());
        assert!(bench.text().contains(SAID), "{}", bench.text());
    }
}
