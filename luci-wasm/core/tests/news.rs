//! After a login the page tells of a newer release, if the router's owner agreed; no server is asked
//! before that.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Effect, Options, State};
use common::{Bench, World, describe, down, http, ok, overview, rpc_error, tree, ubus_status};
use serde_json::{Value, json};

const QUESTION: &str =
    "Look for new releases after each login? Your browser would ask http://server.";
const FOUND: &str = "OpenWrt 24.10.2 is available";

fn client(settings: &Value) -> Value {
    let mut client = json!({".type": "client", ".name": "client"});
    for (name, value) in settings.as_object().unwrap() {
        client[name] = value.clone();
    }
    json!({"client": client})
}

fn agreed() -> Value {
    client(&json!({"login_check_for_upgrades": "1"}))
}

/// The view after a login, with all answered but for what servers are asked.
fn logged_in(world: &mut World) -> Bench {
    let mut bench = Bench::new();
    bench.log_in();
    at_overview(&mut bench, world);
    bench
}

fn at_overview(bench: &mut Bench, world: &mut World) {
    while bench.state() != State::Overview {
        bench.step(world);
    }
}

fn of(config: Value) -> (Bench, World) {
    let mut world = World::new();
    world.config = config;
    (logged_in(&mut world), world)
}

fn asked(bench: &Bench, what: &str) -> usize {
    let all = bench.log.iter();
    all.filter(|effect| describe(effect).contains(what)).count()
}

/// What the live region holds.
fn notice(bench: &Bench) -> String {
    let page = bench.page();
    let region = page.find(&|element| element.get("class") == Some("news slot"));
    let region = region.unwrap();
    assert_eq!(region.get("role"), Some("status"));
    asu_view::Node::Element(region.clone()).text()
}

/// The arguments of the last call of a method.
fn arguments(bench: &Bench, method: &str) -> Value {
    let mut all = bench.log.iter().rev();
    let body = all.find_map(|effect| match effect {
        Effect::Http {
            body: Some(body), ..
        } if describe(effect) == method => Some(body),
        _ => None,
    });
    let call: Value = serde_json::from_str(body.unwrap()).unwrap();
    call["params"][3].clone()
}

#[test]
fn nobody_is_asked_before_somebody_agreed() {
    let (mut bench, _) = of(client(&json!({"login_check_for_upgrades": ""})));
    assert!(notice(&bench).contains(QUESTION), "{}", bench.text());
    assert!(bench.open.is_empty() && asked(&bench, "http://server") == 0);
    bench.press(Action::Tell);
    assert_eq!(asked(&bench, "http://server"), 0, "not before it is kept");
    bench.answer("uci set", ok(json!({})));
    bench.answer("uci commit", ok(json!({})));
    let kept = json!({"config": "attendedsysupgrade", "type": "client", "section": "client",
        "values": {"login_check_for_upgrades": "1"}});
    assert_eq!(arguments(&bench, "uci set"), kept);
    bench.answer(
        "GET http://server/json/v1/overview.json",
        http(200, &overview()),
    );
    assert!(notice(&bench).contains(FOUND), "{}", notice(&bench));
    assert_eq!(bench.state(), State::Overview, "nothing jumps");
}

#[test]
fn who_does_not_want_it_is_left_alone() {
    let (mut bench, _) = of(client(&json!({})));
    bench.press(Action::Hush);
    bench.answer("uci set", ok(json!({})));
    bench.answer("uci commit", ok(json!({})));
    assert_eq!(
        arguments(&bench, "uci set")["values"],
        json!({"login_check_for_upgrades": "0"})
    );
    assert!(notice(&bench).is_empty() && bench.open.is_empty());
    let (bench, _) = of(client(&json!({"login_check_for_upgrades": "0"})));
    assert!(notice(&bench).is_empty() && bench.open.is_empty());
}

#[test]
fn a_newer_release_is_told_once_a_login() {
    let (mut bench, mut world) = of(agreed());
    bench.answer("overview.json", http(200, &overview()));
    let said = notice(&bench);
    for part in [
        FOUND,
        "What is new in OpenWrt 24.10.2",
        "See the upgrade",
        "Stop showing",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    bench.press(Action::Dismiss);
    assert!(notice(&bench).is_empty());
    // A reload is no login.
    let remembered = json!({"session": "old"});
    let mut bench = Bench::with(Options {
        remembered: Some(tree(&remembered)),
        ..Options::default()
    });
    at_overview(&mut bench, &mut world);
    assert!(notice(&bench).is_empty() && bench.open.is_empty());
}

#[test]
fn the_news_lead_to_the_upgrade_and_to_silence() {
    let (mut bench, mut world) = of(agreed());
    bench.answer("overview.json", http(200, &overview()));
    let upgrade = bench.find_label("See the upgrade").unwrap();
    bench.press(upgrade);
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    bench.press(Action::Back);
    assert!(notice(&bench).is_empty(), "it was seen");

    let (mut bench, _) = of(agreed());
    bench.answer("overview.json", http(200, &overview()));
    bench.press(Action::Hush);
    assert_eq!(
        arguments(&bench, "uci set")["values"],
        json!({"login_check_for_upgrades": "0"})
    );
}

#[test]
fn what_is_not_newer_is_no_news() {
    let mut world = World::new();
    world.version = "24.10.2";
    world.config = agreed();
    let mut bench = logged_in(&mut world);
    bench.answer("overview.json", http(200, &overview()));
    assert!(notice(&bench).is_empty());
    // Who has just agreed is told so.
    world.config = client(&json!({}));
    let mut bench = logged_in(&mut world);
    bench.press(Action::Tell);
    bench.answer("uci set", ok(json!({})));
    bench.answer("uci commit", ok(json!({})));
    bench.answer("overview.json", http(200, &overview()));
    assert!(notice(&bench).contains("No newer release was found."));
    bench.press(Action::Dismiss);
    assert!(notice(&bench).is_empty());
}

#[test]
fn the_first_server_that_answers_decides_and_silence_is_no_trouble() {
    let mut world = World::new();
    world.config = agreed();
    world.settings = json!({"url": "http://first", "fallback": "http://second"});
    let mut bench = logged_in(&mut world);
    bench.answer("http://first/json", down());
    bench.answer("http://second/json", http(200, &overview()));
    assert!(notice(&bench).contains(FOUND));
    let mut bench = logged_in(&mut world);
    bench.answer("http://first/json", down());
    bench.tick(16_000);
    assert_eq!(bench.state(), State::Overview);
    assert!(notice(&bench).is_empty() && !bench.model.is_waiting());
}

#[test]
fn there_is_no_question_where_it_makes_no_sense() {
    let snapshot = World {
        version: "SNAPSHOT",
        config: agreed(),
        ..World::new()
    };
    let searching = World {
        config: client(&json!({"auto_search": "1"})),
        ..World::new()
    };
    for mut world in [snapshot, searching] {
        let mut bench = Bench::new();
        bench.log_in();
        while matches!(bench.state(), State::Login | State::Identifying) {
            bench.step(&mut world);
        }
        assert!(!bench.text().contains("new releases"));
        assert!(bench.state() == State::Searching || bench.open.is_empty());
    }
    // LuCI has a notice of its own, and without a server there is nobody to ask.
    let mut world = World::new();
    let mut hosted = Bench::with(Options {
        session: Some("old".into()),
        ..Options::default()
    });
    at_overview(&mut hosted, &mut world);
    world.settings = json!({"url": ""});
    for bench in [hosted, logged_in(&mut world)] {
        assert!(notice(&bench).is_empty());
    }
}

#[test]
fn a_decision_that_is_not_kept_can_be_made_again() {
    for reply in [ubus_status(6), rpc_error(-32002), down()] {
        let (mut bench, _) = of(client(&json!({})));
        bench.press(Action::Tell);
        bench.answer("uci set", reply);
        assert!(notice(&bench).contains("did not save this"));
        assert_eq!(asked(&bench, "http://server"), 0);
        bench.press(Action::Tell);
        bench.answer("uci set", ok(json!({})));
        bench.answer("uci commit", ok(json!({})));
        assert_eq!(asked(&bench, "http://server"), 1);
    }
}

#[test]
fn a_router_without_the_section_gets_one() {
    let (mut bench, _) = of(json!({}));
    bench.press(Action::Hush);
    let added = json!({"config": "attendedsysupgrade", "type": "client", "name": "client",
        "values": {"login_check_for_upgrades": "0"}});
    assert_eq!(arguments(&bench, "uci add"), added);
}

#[test]
fn a_search_does_not_lose_the_decision() {
    let (mut bench, mut world) = of(client(&json!({})));
    bench.press(Action::Tell);
    bench.press(Action::Search);
    bench.answer("uci set", ok(json!({})));
    bench.answer("uci commit", ok(json!({})));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    bench.press(Action::Back);
    assert!(notice(&bench).is_empty(), "{}", notice(&bench));
}
