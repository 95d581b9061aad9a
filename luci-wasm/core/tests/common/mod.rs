//! A router and a build server in a few lines, so that the view can be driven without a browser.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "shared by test binaries that use parts of it"
)]

pub mod planner;
mod replies;
pub mod rules;
mod world;

use asu_view::{
    Action, Body, Edit, Effect, Json, Model, Msg, Node, Options, Pick, Reply, State, update, view,
};
use serde_json::{Value, json};

pub use planner::{change, plan, question, remedy};
pub use replies::{down, http, ok, page, rpc_error, tree, ubus_status};
pub use world::{World, built, overview};

pub const SHA: &str = "aa00000000000000000000000000000000000000000000000000000000000000";

/// The view at its plan.
pub fn planned(mut world: World) -> (Bench, World) {
    let mut bench = Bench::new();
    bench.walk_to(State::Plan, &mut world);
    (bench, world)
}

/// The view with the world around it.
pub struct Bench {
    pub model: Model,
    pub now: u64,
    /// Effects nobody has answered yet.
    pub open: Vec<Effect>,
    /// Every effect there ever was.
    pub log: Vec<Effect>,
    /// Every change of state.
    pub went: Vec<(State, State)>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        Self::at(0, options)
    }

    /// The bodies posted to the server, by the end of their path.
    pub fn posted(&self, path: &str) -> Vec<Value> {
        let bodies = self.log.iter().filter_map(|effect| match effect {
            Effect::Http {
                url,
                body: Some(body),
                ..
            }
            | Effect::Build {
                url,
                body: Some(body),
                ..
            } if url.ends_with(path) => Some(serde_json::from_str(body).unwrap()),
            _ => None,
        });
        bodies.collect()
    }

    /// Opened at a time.
    pub fn at(now: u64, mut options: Options) -> Self {
        options.ubus_url = "/ubus".into();
        options.upload_url = "/upload".into();
        options.backup_url = "/backup".into();
        let mut bench = Self {
            model: Model::new(options),
            now,
            open: vec![],
            log: vec![],
            went: vec![],
        };
        bench.send(Msg::Open);
        bench
    }

    pub fn send(&mut self, msg: Msg) {
        let from = self.state();
        self.handle(msg);
        self.went.push((from, self.state()));
    }

    fn handle(&mut self, msg: Msg) {
        for effect in update(&mut self.model, self.now, msg) {
            if let Effect::Abort { id } = effect {
                self.open.retain(|open| id_of(open) != Some(id));
            }
            self.log.push(effect.clone());
            if id_of(&effect).is_some() && !matches!(effect, Effect::Abort { .. }) {
                self.open.push(effect);
            }
        }
    }

    pub fn press(&mut self, action: Action) {
        assert!(
            self.has_button(action),
            "{} has no button {}",
            self.state().name(),
            action.name()
        );
        self.send(Msg::Press(action));
    }

    pub fn state(&self) -> State {
        self.model.state()
    }

    pub fn page(&self) -> Node {
        view(&self.model)
    }

    pub fn text(&self) -> String {
        self.page().text()
    }

    pub fn buttons(&self) -> Vec<Action> {
        let found = std::cell::RefCell::new(Vec::new());
        self.page().find(&|element| {
            let action = element.get("data-action").and_then(Action::from_name);
            let enabled = element.get("disabled").is_none();
            found.borrow_mut().extend(action.filter(|_| enabled));
            false
        });
        found.into_inner()
    }

    pub fn has_button(&self, action: Action) -> bool {
        self.page()
            .find(&|element| {
                element.get("data-action") == Some(action.name().as_str())
                    && element.get("disabled").is_none()
            })
            .is_some()
    }

    /// The button with this label, spoken or shown.
    pub fn find_label(&self, label: &str) -> Option<Action> {
        let page = self.page();
        let button = page.find(&|element| {
            let shown = || Node::Element(element.clone()).text() == label;
            element.tag == "button"
                && (element
                    .get("aria-label")
                    .is_some_and(|name| english(name) == label)
                    || shown())
        })?;
        Action::from_name(button.get("data-action")?)
    }

    pub fn field(&self, name: &str) -> String {
        let page = self.page();
        let element = page
            .find(&|element| element.get("data-field") == Some(name))
            .unwrap()
            .clone();
        Node::Element(element).text()
    }

    pub fn tick(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        self.send(Msg::Tick);
    }

    /// Lets time go by without an answer, until the view leaves its state or a person decides.
    pub fn silence(&mut self) {
        let state = self.state();
        while self.state() == state && self.model.is_waiting() && self.now < 20_000_000 {
            self.tick(500);
        }
    }

    /// Answers the oldest effect whose description contains `what`.
    pub fn answer(&mut self, what: &str, reply: Reply) {
        let place = self
            .open
            .iter()
            .position(|effect| describe(effect).contains(what));
        let Some(place) = place else {
            panic!(
                "{what} was not asked for in {}: {:?}",
                self.state().name(),
                self.open
            )
        };
        let id = id_of(&self.open.remove(place)).unwrap();
        self.send(Msg::Replied { id, reply });
    }

    /// Answers everything by the world's script until nobody asks any more.
    pub fn settle(&mut self, world: &mut World) {
        for _ in 0..200 {
            if self.open.is_empty() {
                return;
            }
            let effect = self.open.remove(0);
            let id = id_of(&effect).unwrap();
            let reply = world.reply(&effect);
            self.send(Msg::Replied { id, reply });
        }
        panic!("the view asks for ever in {}", self.state().name());
    }

    pub fn log_in(&mut self) {
        self.send(Msg::Edit(Edit::Username("root".into())));
        self.send(Msg::Edit(Edit::Password("admin".into())));
        self.press(Action::Login);
    }

    /// Walks to a state of the ordinary way.
    pub fn walk_to(&mut self, goal: State, world: &mut World) {
        let arrived = self.walk(goal, world);
        assert!(
            arrived,
            "{}, not {}: {}",
            self.state().name(),
            goal.name(),
            self.text()
        );
    }

    /// Walks on until a state is reached, or the way ends.
    pub fn walk(&mut self, goal: State, world: &mut World) -> bool {
        for _ in 0..60 {
            if self.state() == goal {
                return true;
            }
            match self.state() {
                State::Login if self.open.is_empty() => self.log_in(),
                State::Overview => self.press(Action::Search),
                State::Plan | State::Current => self.press(Action::Request),
                State::Problems => self.press(Action::Pick(Pick::Remedy, 0, 0)),
                State::Confirm => self.press(Action::Flash),
                State::Done | State::Error => return false,
                _ if self.open.is_empty() => self.tick(2_500),
                _ => self.step(world),
            }
        }
        false
    }

    /// Answers the oldest effect by the world's script.
    pub fn step(&mut self, world: &mut World) {
        let effect = self.open.remove(0);
        let id = id_of(&effect).unwrap();
        let reply = world.reply(&effect);
        self.send(Msg::Replied { id, reply });
    }
}

pub fn id_of(effect: &Effect) -> Option<u32> {
    match effect {
        Effect::Http { id, .. }
        | Effect::Download { id, .. }
        | Effect::Build { id, .. }
        | Effect::Follow { id, .. }
        | Effect::Digest { id }
        | Effect::Upload { id, .. }
        | Effect::Save { id, .. }
        | Effect::Knock { id, .. }
        | Effect::Look { id }
        | Effect::Abort { id } => Some(*id),
        Effect::Discard
        | Effect::Remember(_)
        | Effect::Forget
        | Effect::Mark(_)
        | Effect::Expired => None,
    }
}

/// A short name: a ubus call as `object method`, or a path with its method.
pub fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Http {
            url,
            body: Some(body),
            ..
        } if url == "/ubus" => {
            let call: Value = serde_json::from_str(body).unwrap();
            let word = |place: usize| call["params"][place].as_str().unwrap().to_owned();
            format!("{} {}", word(1), word(2))
        }
        Effect::Http {
            url, body: Some(_), ..
        }
        | Effect::Build {
            url, body: Some(_), ..
        } => format!("POST {url}"),
        Effect::Http { url, .. } => format!("GET {url}"),
        Effect::Build { url, .. } => format!("DELETE {url}"),
        Effect::Follow { url, .. } => format!("FOLLOW {url}"),
        Effect::Save { url, .. } => format!("SAVE {url}"),
        Effect::Knock { url, .. } => format!("KNOCK {url}"),
        Effect::Look { .. } => "LOOK".into(),
        Effect::Download { url, .. } => format!("DOWNLOAD {url}"),
        Effect::Digest { .. } => "DIGEST".into(),
        Effect::Upload { path, .. } => format!("UPLOAD {path}"),
        Effect::Abort { id } => format!("ABORT {id}"),
        other => format!("{other:?}"),
    }
}

/// A text as people read it.
pub fn english(text: &str) -> String {
    asu_view::words::resolve(text, &asu_view::words::English)
}

/// The error screen names the cause, says what, why and what next, and offers a way on.
pub fn assert_trouble(bench: &Bench, cause: &str) {
    assert_eq!(bench.state(), State::Error, "{}", bench.text());
    let trouble = bench.model.trouble();
    assert_eq!(trouble.cause, cause, "{trouble:?}");
    for part in [&trouble.title, &trouble.why, &trouble.next] {
        assert!(
            part.len() > 10 && bench.text().contains(&english(part)),
            "{trouble:?}"
        );
    }
    assert!(bench.has_button(Action::Back));
    assert!(!bench.model.is_waiting());
    assert!(bench.open.is_empty(), "nothing is left under way");
}

/// Walks to a state and answers what is asked there.
pub fn fail_at(state: State, what: &str, reply: Reply) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(state, &mut world);
    for _ in 0..10 {
        if bench
            .open
            .iter()
            .any(|effect| describe(effect).contains(what))
        {
            break;
        }
        let effect = bench.open.remove(0);
        let reply = world.reply(&effect);
        bench.send(Msg::Replied {
            id: id_of(&effect).unwrap(),
            reply,
        });
    }
    bench.answer(what, reply);
    (bench, world)
}
