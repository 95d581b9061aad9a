//! A session that may look only is offered, and gets, nothing that changes the router or asks a
//! server for an image, whatever is pressed, typed, remembered or answered.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use asu_view::{Action, Edit, Effect, Msg, Options, Pick, State};
use common::rules::every_action;
use common::{Bench, SHA, World, describe, down, id_of, rpc_error, tree};
use serde_json::json;

/// The states of looking. In all others something is made, sent or written.
const LOOKING: [State; 9] = [
    State::Login,
    State::Identifying,
    State::Overview,
    State::Searching,
    State::Planning,
    State::Problems,
    State::Current,
    State::Plan,
    State::Error,
];

/// What may be pressed; of picks, their names.
const BUTTONS: [&str; 11] = [
    "login", "search", "cancel", "retry", "back", "restart", "logout", "remedy", "remedies",
    "undo", "channel",
];
const INPUTS: [&str; 6] = [
    "username", "password", "server", "version", "advanced", "filter",
];
/// What router and servers may be asked.
const QUESTIONS: [&str; 9] = [
    "attendedsysupgrade info",
    "packagelist list",
    "uci get",
    "session login",
    "session access",
    "session destroy",
    "GET http://server/json/v1/",
    "GET http://other/json/v1/",
    "POST http://server/api/v1/plan",
];

/// What holds at any time; `known` effects were looked at before.
fn looks_only(bench: &Bench, known: usize) {
    let state = bench.state();
    assert!(LOOKING.contains(&state), "{}", state.name());
    let page = bench.page();
    let forbidden = page.find(&|element| {
        let button = element.get("data-action");
        let button = button.map(|name| name.split('-').next().unwrap());
        let is_field = ["input", "select", "textarea"].contains(&element.tag);
        let field = element.get("id").filter(|_| is_field);
        let field = field.map(|id| id.trim_start_matches("asu-"));
        button.is_some_and(|name| !BUTTONS.contains(&name))
            || field.is_some_and(|name| !INPUTS.contains(&name))
    });
    assert!(forbidden.is_none(), "{}: {forbidden:?}", state.name());
    assert_eq!(
        bench.text().contains("not carry them out"),
        state != State::Login
    );
    for effect in &bench.log[known..] {
        let what = describe(effect);
        let is_quiet = matches!(
            effect,
            Effect::Abort { .. }
                | Effect::Remember(_)
                | Effect::Forget
                | Effect::Discard
                | Effect::Expired
        );
        let is_known = QUESTIONS.iter().any(|known| what.starts_with(known));
        assert!(is_quiet || is_known, "{}: {what}", state.name());
    }
}

/// How the page is opened: by a host with a session, after a reload in the middle of an upgrade that
/// another login began, by a host that logs in anew, and without a session.
fn opened(kind: usize) -> Bench {
    let step = ["", "poll", "verify", "await", "", ""][kind];
    let remembered = json!({
        "session": "old", "version": "24.10.2", "server": "http://server", "step": step, "from": "23.05.5",
        "keep": true, "hash": "abc", "request": {"version": "24.10.2"},
        "image": {"name": "x-sysupgrade.bin", "sha256": SHA, "size": 7_000_000},
    });
    Bench::with(Options {
        readonly: true,
        session: (kind < 5).then(|| "old".to_owned()),
        relogin: kind == 4,
        remembered: Some(tree(&remembered)),
        ..Options::default()
    })
}

fn world(kind: usize) -> World {
    let mut world = if kind & 1 == 0 {
        World::new()
    } else {
        World::planning()
    };
    if kind & 2 != 0 {
        world.packages["adguardhome"] = json!("1");
    }
    if kind & 4 != 0 {
        world.version = "24.10.2";
        world.revision = "r28739-d9340319c6";
    }
    world.settings = json!({"rebuilder": "http://other"});
    world.config = json!({"client": {"advanced_mode": "1"}});
    world
}

fn edits() -> [Edit; 9] {
    [
        Edit::Server("http://other".into()),
        Edit::Version("24.10.2".into()),
        Edit::Version("23.05.5".into()),
        Edit::Consent(true),
        Edit::Add("tcpdump".into()),
        Edit::Script("uci commit".into()),
        Edit::Filesystem("ext4".into()),
        Edit::Partition("256".into()),
        Edit::Keep(false),
    ]
}

/// Takes the numbers of a walk one after the other.
struct Dice(u64);

impl Dice {
    /// Below `sides`; the constants are Knuth's.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn step(bench: &mut Bench, world: &mut World, dice: &mut Dice) {
    let (presses, edits) = (every_action(), edits());
    match dice.roll(12) {
        // Mostly what the page offers, and what it asks for is answered.
        0..3 => {
            let buttons = bench.buttons();
            if let Some(action) = buttons.get(dice.roll(buttons.len().max(1))) {
                bench.send(Msg::Press(*action));
            }
        }
        3..8 if !bench.open.is_empty() => bench.step(world),
        8 => bench.send(Msg::Press(presses[dice.roll(presses.len())])),
        9 => bench.send(Msg::Edit(edits[dice.roll(edits.len())].clone())),
        10 if !bench.open.is_empty() => {
            let id = id_of(&bench.open.remove(0)).unwrap();
            let reply = [down(), rpc_error(-32002)][dice.roll(2)].clone();
            bench.send(Msg::Replied { id, reply });
        }
        _ => bench.tick(3_000),
    }
}

#[test]
fn nothing_leads_to_a_change() {
    let mut seen = BTreeSet::new();
    for walk in 0..120 {
        let (mut bench, mut world) = (opened(walk % 6), world(walk % 8));
        let mut dice = Dice(walk as u64);
        let mut known = 0;
        for _ in 0..30 {
            looks_only(&bench, known);
            known = bench.log.len();
            seen.insert(bench.state());
            step(&mut bench, &mut world, &mut dice);
        }
    }
    assert_eq!(seen.len(), LOOKING.len(), "not tried everywhere: {seen:?}");
}

/// The view where somebody decides, in a world of [`world`].
fn decided(state: State, kind: usize) -> (Bench, World) {
    let (mut bench, mut world) = (opened(0), world(kind));
    bench.settle(&mut world);
    if state != State::Overview {
        bench.press(Action::Search);
        bench.settle(&mut world);
    }
    assert_eq!(bench.state(), state, "{}", bench.text());
    (bench, world)
}

/// Where somebody decides, each button and each input, offered or not.
#[test]
fn no_message_leads_to_a_change() {
    for (state, kind) in [
        (State::Overview, 0),
        (State::Plan, 1),
        (State::Problems, 3),
        (State::Current, 5),
    ] {
        let presses = every_action().into_iter().map(Msg::Press);
        for msg in presses.chain(edits().map(Msg::Edit)) {
            let (mut bench, mut world) = decided(state, kind);
            bench.send(msg);
            bench.settle(&mut world);
            looks_only(&bench, 0);
        }
    }
}

#[test]
fn everything_is_there_to_look_at() {
    let (mut bench, mut world) = decided(State::Problems, 3);
    bench.press(Action::Pick(Pick::Remedy, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    let text = bench.text();
    for part in [
        "What changes",
        "Find a package",
        "Everything in the new image",
        "auc became owut",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        !text.contains("builds an image with exactly these packages"),
        "nobody does"
    );
    bench.send(Msg::Edit(Edit::Version("24.10.0-rc1".into())));
    bench.settle(&mut world);
    assert!(bench.text().contains("Upgrade to OpenWrt 24.10.0-rc1"));
    bench.press(Action::Pick(Pick::Undo, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Problems);
}
