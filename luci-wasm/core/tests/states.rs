//! No sequence of events stops the view, leads where the diagram says nothing leads, or leaves
//! somebody waiting for ever.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;

use asu_view::state::TRANSITIONS;
use asu_view::{Action, Body, Edit, Json, Msg, Options, Reply, State};
use common::rules::{check, is_allowed, waits_end};
use common::{Bench, World, down, http, id_of, ok, page, rpc_error, ubus_status};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

#[derive(Debug, Clone)]
enum Event {
    Press(usize),
    Forged(Action),
    Edit(u8, bool),
    Time(u64),
    Answer(usize),
    Odd(usize, Reply),
    Stray(u32, Reply),
    Progress(u64, Option<u64>),
    Said(String),
    OtherTab(bool),
}

fn reply() -> impl Strategy<Value = Reply> {
    let status = prop::sample::select(vec![
        200, 202, 204, 301, 400, 401, 403, 404, 422, 429, 500, 502, 503, 529,
    ]);
    prop_oneof![
        Just(down()),
        Just(Reply::TimedOut),
        Just(rpc_error(-32002)),
        Just(rpc_error(-32000)),
        (0..20_u32).prop_map(ubus_status),
        Just(ok(json!({"valid": false}))),
        Just(ok(
            json!({"version": "23.05.5", "target": "ath79/generic", "board_name": "x"})
        )),
        Just(http(
            202,
            &json!({"status": 202, "detail": "queued", "queue_position": 1, "request_hash": "abc"})
        )),
        Just(http(
            202,
            &json!({"status": 202, "detail": "started", "imagebuilder_status": "unheard-of", "request_hash": "abc"})
        )),
        Just(http(200, &common::built())),
        (status.clone(), ".{0,9}").prop_map(|(status, text)| Reply::Http {
            status,
            body: Body::Text(text)
        }),
        status.prop_map(|status| Reply::Http {
            status,
            body: Body::Json(Json::List(vec![]))
        }),
        Just(Reply::Digest {
            sha256: "00".into(),
            size: u64::MAX
        }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..40_usize).prop_map(Event::Press),
        1 => prop::sample::select(Action::ALL.to_vec()).prop_map(Event::Forged),
        2 => (0..13_u8, any::<bool>()).prop_map(|(which, on)| Event::Edit(which, on)),
        2 => (0..40_000_u64).prop_map(Event::Time),
        2 => (100_000..400_000_u64).prop_map(Event::Time),
        1 => Just(Event::Time(2_000_000)),
        1 => Just(Event::Odd(0, rpc_error(-32002))),
        14 => (0..4_usize).prop_map(Event::Answer),
        2 => (0..4_usize, reply()).prop_map(|(place, reply)| Event::Odd(place, reply)),
        1 => (0..99_u32, reply()).prop_map(|(id, reply)| Event::Stray(id, reply)),
        1 => "(event|data|: |\\n|log|output|status){0,9}".prop_map(Event::Said),
        1 => any::<bool>().prop_map(Event::OtherTab),
        1 => (any::<u64>(), any::<Option<u64>>()).prop_map(|(done, total)| Event::Progress(done, total)),
    ]
}

fn edit(which: u8, on: bool) -> Edit {
    match which {
        0 => Edit::Username("root".into()),
        1 => Edit::Password("admin".into()),
        2 => Edit::Server(if on { "http://server" } else { "nonsense" }.into()),
        3 => Edit::Version(if on { "23.05.5" } else { "24.10.2" }.into()),
        4 => Edit::Keep(on),
        5 => Edit::Advanced(on),
        6 => Edit::Consent(on),
        7 => Edit::Filter(if on { "ht" } else { "" }.into()),
        8 => Edit::Add(if on { "owut" } else { "nonsense" }.into()),
        9 => Edit::Script(if on { "uci commit" } else { "" }.into()),
        10 => Edit::Filesystem(if on { "ext4" } else { "squashfs" }.into()),
        11 => Edit::Partition(if on { "256" } else { "0" }.into()),
        _ => Edit::Version("24.10.0-rc1".into()),
    }
}

fn happen(bench: &mut Bench, world: &mut World, event: Event) {
    match event {
        Event::Press(place) => {
            let buttons = bench.buttons();
            if !buttons.is_empty() {
                bench.send(Msg::Press(buttons[place % buttons.len()]));
            }
        }
        Event::Forged(action) => bench.send(Msg::Press(action)),
        Event::Edit(which, on) => bench.send(Msg::Edit(edit(which, on))),
        Event::Time(milliseconds) => bench.tick(milliseconds),
        Event::Answer(place) if !bench.open.is_empty() => {
            let effect = bench.open.remove(place % bench.open.len());
            let reply = world.reply(&effect);
            bench.send(Msg::Replied {
                id: id_of(&effect).unwrap(),
                reply,
            });
        }
        Event::Odd(place, reply) if !bench.open.is_empty() => {
            let effect = bench.open.remove(place % bench.open.len());
            bench.send(Msg::Replied {
                id: id_of(&effect).unwrap(),
                reply,
            });
        }
        Event::Stray(id, reply) => bench.send(Msg::Replied { id, reply }),
        Event::Progress(done, total) => {
            let id = bench.open.first().and_then(id_of).unwrap_or_default();
            bench.send(Msg::Progress { id, done, total });
        }
        Event::Said(text) => {
            let id = bench.open.first().and_then(id_of).unwrap_or_default();
            bench.send(Msg::Said { id, text });
        }
        Event::OtherTab(is_there) => {
            world.mark = if is_there {
                "77 9000000000000".into()
            } else {
                String::new()
            };
        }
        Event::Answer(_) | Event::Odd(..) => bench.tick(2_500),
    }
}

/// How the page is opened: 0 anew, 1 by a host with a session, 2 to 5 after a reload in some state,
/// 6 by a host that logs in itself.
fn options(kind: u8) -> Options {
    let step = match kind {
        2 | 3 => "poll",
        4 => "verify",
        5 => "await",
        _ => "",
    };
    let remembered = json!({
        "session": "old", "version": "24.10.2", "server": "http://server", "step": step, "from": "23.05.5", "keep": true,
        "hash": if kind == 3 { "" } else { "abc" }, "request": {"version": "24.10.2"},
        "image": {"name": "x-sysupgrade.bin", "sha256": common::SHA, "size": 7_000_000},
    });
    Options {
        session: matches!(kind, 1 | 6).then(|| "old".to_owned()),
        relogin: kind == 6,
        remembered: (kind >= 2).then(|| common::tree(&remembered)),
        ..Options::default()
    }
}

type Went = BTreeSet<(State, State)>;

/// What the page is opened with, whether the router runs the newest release, how the server takes a
/// request, and whether it makes plans (1, 3) or something is missing in the release (2, 3).
type Setting = (u8, bool, u8, u8);

/// Walks to `start` in some world, lets events happen there, and waits for the end.
fn play((kind, newest, acceptance, planner): Setting, start: State, events: &[Event]) -> Went {
    let (mut bench, mut world) = (Bench::with(options(kind)), World::new());
    world.acceptance = acceptance;
    world.plans = planner % 2 == 1;
    if planner >= 2 {
        world.packages["adguardhome"] = json!("1");
    }
    world.status = ["verified", "flashing", "idle"][usize::from(acceptance)];
    if newest {
        world.version = "24.10.2";
        world.revision = "r28739-d9340319c6";
    }
    bench.walk(start, &mut world);
    for event in events {
        let known = bench.went.len();
        happen(&mut bench, &mut world, event.clone());
        for (from, to) in &bench.went[known..] {
            let (a, b) = (from.name(), to.name());
            assert!(is_allowed(*from, *to), "{a} to {b} by {event:?}");
        }
        check(&bench, &format!("{event:?}"));
    }
    let went = bench.went.iter().copied().collect();
    waits_end(&mut bench);
    went
}

/// Where a router's owner wants upgrades to be looked for at once.
fn searches_on_opening() -> Went {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.config = json!({"client": {"auto_search": "1"}});
    bench.walk_to(State::Searching, &mut world);
    bench.went.into_iter().collect()
}

/// What hardly happens by chance: sessions that end, in every state, with and without a password,
/// and a server that goes away while another way around a problem is looked for.
fn rare_events() -> Went {
    let denied = || Event::Odd(0, rpc_error(-32002));
    let log_in = [
        Event::Edit(1, true),
        Event::Forged(Action::Login),
        Event::Answer(0),
    ];
    let logged_in_again = [vec![denied()], log_in.to_vec()].concat();
    let refused_twice = vec![
        denied(),
        Event::Answer(0),
        denied(),
        Event::Forged(Action::Retry),
    ];
    let gone = [
        Event::Edit(3, true),
        Event::Odd(0, page(503, "")),
        Event::Forged(Action::Back),
    ];
    let mut went = play((0, false, 0, 3), State::Problems, &gone);
    went.extend(searches_on_opening());
    for start in State::ALL {
        for kind in 0..2 {
            went.extend(play((kind, false, 0, 0), start, &logged_in_again));
            went.extend(play((kind, false, 0, 0), start, &refused_twice));
        }
    }
    went
}

#[test]
fn anything_may_happen_at_any_time() {
    let seen = RefCell::new(rare_events());
    let cases = Config {
        cases: 2_500,
        failure_persistence: None,
        ..Config::default()
    };
    let world = (0..7_u8, any::<bool>(), 0..3_u8, 0..4_u8);
    let start = prop::sample::select(State::ALL.to_vec());
    let events = (world, start, prop::collection::vec(event(), 0..24));
    TestRunner::new_with_rng(cases, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&events, |(world, start, events)| {
            seen.borrow_mut().extend(play(world, start, &events));
            Ok(())
        })
        .unwrap();
    let seen = seen.into_inner();
    let unseen: Vec<String> = TRANSITIONS
        .iter()
        .filter(|(from, _, to)| !seen.contains(&(*from, *to)))
        .map(|(from, why, to)| format!("{} to {} ({why})", from.name(), to.name()))
        .collect();
    assert!(
        unseen.is_empty(),
        "the diagram promises what does not happen: {unseen:#?}"
    );
}

#[test]
fn an_unknown_page_is_never_markup() {
    let mut bench = Bench::new();
    let mut world = World::new();
    bench.walk_to(State::Searching, &mut world);
    bench.answer("overview.json", page(200, "<script>alert(1)</script>"));
    // Text is a text node: the tree has no way to hold markup.
    assert!(
        bench
            .page()
            .find(&|element| element.tag == "script")
            .is_none()
    );
    assert!(bench.text().contains("<script>"));
}
