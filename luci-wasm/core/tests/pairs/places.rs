//! The places a view can be in: a state, and what it waits for there.

use std::collections::BTreeSet;

use asu_view::{Action, Edit, Effect, Msg, Options, Pick, Reply, State};
use serde_json::json;

use crate::common::{
    Bench, World, describe, down, http, id_of, page, rpc_error, tree, ubus_status,
};

/// One way through the view, taken step by step.
struct Way {
    /// What its places are called beside their state.
    note: &'static str,
    /// The states in which it differs from the ways before it; none: all.
    only: &'static [State],
    /// What the page is opened with.
    options: fn() -> Options,
    /// What router and server are like.
    world: fn() -> World,
    /// Answers that differ from the world's.
    odd: fn(State, &str) -> Option<Reply>,
    /// Whether the settings are erased.
    erase: bool,
}

const PLAIN: Way = Way {
    note: "",
    only: &[],
    options: Options::default,
    world: World::new,
    odd: |_, _| None,
    erase: false,
};

const WAYS: [Way; 10] = [
    PLAIN,
    Way {
        world: World::planning,
        ..PLAIN
    },
    Way {
        world: newest,
        ..PLAIN
    },
    Way {
        world: lacking,
        ..PLAIN
    },
    Way {
        odd: generic,
        ..PLAIN
    },
    Way {
        note: ", settings erased",
        only: &[State::Rebooting],
        erase: true,
        ..PLAIN
    },
    Way {
        note: ", after a reload",
        only: &[
            State::Queued,
            State::Building,
            State::Downloading,
            State::Uploading,
            State::Confirm,
        ],
        options: reloaded,
        ..PLAIN
    },
    Way {
        note: ", looks for news",
        only: &[State::Overview],
        world: curious,
        ..PLAIN
    },
    Way {
        note: ", session renewed",
        only: &[State::Verifying, State::Error],
        odd: ended,
        ..PLAIN
    },
    Way {
        note: ", session lost",
        only: &[State::Login],
        options: with_session,
        odd: ended,
        ..PLAIN
    },
];

fn newest() -> World {
    World {
        version: "24.10.2",
        revision: "r28739-d9340319c6",
        ..World::new()
    }
}

fn lacking() -> World {
    let mut world = World::new();
    world.packages["adguardhome"] = json!("1");
    world
}

/// Whose owner wants to be told of newer releases.
fn curious() -> World {
    World {
        config: json!({"client": {"login_check_for_upgrades": "1"}}),
        ..World::new()
    }
}

fn generic(_: State, what: &str) -> Option<Reply> {
    what.contains("24.10.2/targets/ath79/generic/tplink")
        .then(|| page(404, ""))
}

/// The session ends while the image is on its way.
fn ended(state: State, what: &str) -> Option<Reply> {
    (state == State::Verifying && what.contains("verify")).then(|| rpc_error(-32002))
}

fn with_session() -> Options {
    Options {
        session: Some("old".to_owned()),
        ..Options::default()
    }
}

fn reloaded() -> Options {
    let remembered =
        json!({"session": "old", "hash": "abc", "version": "24.10.2", "server": "http://server"});
    Options {
        remembered: Some(tree(&remembered)),
        ..Options::default()
    }
}

/// How a place is left for an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// What is waited for cannot be reached.
    Down,
    /// Nobody answers any more.
    Silence,
}

/// A state with what it waits for, and the way there.
pub(crate) struct Place {
    /// `STATE, waits for CALL`
    pub(crate) name: String,
    /// The state.
    pub(crate) state: State,
    /// The call that is answered; none where nothing is under way.
    pub(crate) what: Option<String>,
    way: &'static Way,
    steps: usize,
    end: Option<End>,
}

impl Place {
    /// The view in this place.
    pub(crate) fn bench(&self) -> (Bench, World) {
        let (mut bench, mut world) = self.way.begin();
        for _ in 0..self.steps {
            self.way.step(&mut bench, &mut world);
        }
        match self.end {
            Some(End::Down) => bench.answer(self.what.as_ref().unwrap(), down()),
            Some(End::Silence) => bench.silence(),
            None => {}
        }
        (bench, world)
    }
}

impl Way {
    fn begin(&self) -> (Bench, World) {
        (Bench::with((self.options)()), (self.world)())
    }

    /// Answers the oldest call, presses the button that leads on, or waits; false at the end.
    fn step(&self, bench: &mut Bench, world: &mut World) -> bool {
        let state = bench.state();
        if !bench.open.is_empty() {
            let effect = bench.open.remove(0);
            let odd = (self.odd)(state, &describe(&effect));
            let reply = odd.unwrap_or_else(|| self.erased(world, &effect));
            let id = id_of(&effect).unwrap();
            bench.send(Msg::Replied { id, reply });
            return true;
        }
        match state {
            State::Login => {
                bench.send(Msg::Edit(Edit::Password("admin".to_owned())));
                press(bench, Action::Login);
            }
            State::Overview => press(bench, Action::Search),
            State::Plan | State::Current => press(bench, Action::Request),
            State::Problems => press(bench, Action::Pick(Pick::Remedy, 0, 0)),
            State::Confirm => {
                bench.send(Msg::Edit(Edit::Keep(!self.erase)));
                press(bench, Action::Flash);
            }
            State::Done | State::Error => return false,
            // Long enough for a sign of life on the way.
            State::Building if world.polls == 2 => bench.tick(61_000),
            _ => bench.tick(2_500),
        }
        true
    }

    /// A router without settings knows no password but the empty one.
    fn erased(&self, world: &mut World, effect: &Effect) -> Reply {
        let is_login = describe(effect) == "session login";
        let has_password = format!("{effect:?}").contains("admin");
        if self.erase && world.flashed && world.silence == 0 && is_login && has_password {
            return ubus_status(6);
        }
        world.reply(effect)
    }
}

/// Presses without looking for the button first, which draws the page: these ways are gone often.
fn press(bench: &mut Bench, action: Action) {
    bench.send(Msg::Press(action));
}

/// All places, in the order of the states.
pub(crate) fn places() -> Vec<Place> {
    let mut places = Vec::new();
    let mut known = BTreeSet::new();
    for way in &WAYS {
        walk(way, &mut known, &mut places);
    }
    let errors: Vec<Place> = places
        .iter()
        .filter(|place| place.state != State::Error)
        .flat_map(ends)
        .collect();
    places.extend(
        errors
            .into_iter()
            .filter(|place| known.insert(place.name.clone())),
    );
    places.sort_by_key(|place| State::ALL.iter().position(|state| *state == place.state));
    places
}

fn walk(way: &'static Way, known: &mut BTreeSet<String>, places: &mut Vec<Place>) {
    let (mut bench, mut world) = way.begin();
    for steps in 0..90 {
        let state = bench.state();
        let mut waits: Vec<Option<String>> =
            bench.open.iter().map(|open| Some(describe(open))).collect();
        if waits.is_empty() {
            waits.push(None);
        }
        for what in waits {
            let name = name(&bench, what.as_deref(), way.note);
            let wanted = way.only.is_empty() || way.only.contains(&state);
            if wanted && known.insert(name.clone()) {
                places.push(Place {
                    name,
                    state,
                    what,
                    way,
                    steps,
                    end: None,
                });
            }
        }
        if !way.step(&mut bench, &mut world) {
            return;
        }
    }
}

fn name(bench: &Bench, what: Option<&str>, note: &str) -> String {
    let state = bench.state().name();
    match what {
        _ if bench.state() == State::Error => format!("error {}", bench.model.trouble().cause),
        Some(what) => format!(
            "{state}, waits for {}{note}",
            what.replace("http://server", "")
        ),
        None => format!("{state}{note}"),
    }
}

/// The errors a place ends in.
fn ends(place: &Place) -> Vec<Place> {
    let down = place.what.as_ref().map(|_| End::Down);
    let ends = down.into_iter().chain([End::Silence]);
    ends.filter_map(|end| {
        let mut error = Place {
            name: String::new(),
            state: State::Error,
            what: place.what.clone(),
            way: place.way,
            steps: place.steps,
            end: Some(end),
        };
        let (bench, _) = error.bench();
        error.what = (bench.state() == State::Error && end == End::Down)
            .then_some(error.what)
            .flatten();
        let cause = &bench.model.trouble().cause;
        error.name = format!("error {cause}, happened in {}", place.state.name());
        (bench.state() == State::Error).then_some(error)
    })
    .collect()
}

/// A queue that does not move, for [`crate::events`].
pub(crate) fn queued() -> Reply {
    let body =
        json!({"status": 202, "detail": "queued", "queue_position": 1, "request_hash": "abc"});
    http(202, &body)
}
