//! A router and a build server in a few lines, so that the view can be driven without a browser.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "shared by test binaries that use parts of it"
)]

use asu_view::{
    Action, Body, Edit, Effect, Json, Model, Msg, Node, Options, Reply, State, update, view,
};
use serde_json::{Value, json};

pub const SHA: &str = "aa00000000000000000000000000000000000000000000000000000000000000";

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

    pub fn with(mut options: Options) -> Self {
        options.ubus_url = "/ubus".into();
        options.upload_url = "/upload".into();
        let mut bench = Self {
            model: Model::new(options),
            now: 0,
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
        let all = Action::ALL.into_iter();
        all.filter(|action| self.has_button(*action)).collect()
    }

    pub fn has_button(&self, action: Action) -> bool {
        self.page()
            .find(&|element| {
                element.get("data-action") == Some(action.name())
                    && element.get("disabled").is_none()
            })
            .is_some()
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
                State::Confirm => self.press(Action::Flash),
                State::Done | State::Error => return false,
                _ if self.open.is_empty() => self.tick(2_500),
                _ => self.step(world),
            }
        }
        false
    }

    fn step(&mut self, world: &mut World) {
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
        | Effect::Digest { id }
        | Effect::Upload { id, .. }
        | Effect::Abort { id } => Some(*id),
        Effect::Discard | Effect::Remember(_) | Effect::Forget => None,
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
        } => format!("POST {url}"),
        Effect::Http { url, .. } => format!("GET {url}"),
        Effect::Download { url, .. } => format!("DOWNLOAD {url}"),
        Effect::Digest { .. } => "DIGEST".into(),
        Effect::Upload { path, .. } => format!("UPLOAD {path}"),
        Effect::Abort { id } => format!("ABORT {id}"),
        other => format!("{other:?}"),
    }
}

pub fn ok(data: Value) -> Reply {
    http(
        200,
        &json!({"jsonrpc": "2.0", "id": 1, "result": [0, data]}),
    )
}

pub fn ubus_status(status: u32) -> Reply {
    http(200, &json!({"jsonrpc": "2.0", "id": 1, "result": [status]}))
}

pub fn rpc_error(code: i32) -> Reply {
    http(
        200,
        &json!({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "no"}}),
    )
}

pub fn http(status: u16, body: &Value) -> Reply {
    Reply::Http {
        status,
        body: Body::Json(tree(body)),
    }
}

/// What a browser would hand over.
pub fn tree(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(on) => Json::Bool(*on),
        Value::Number(number) => Json::Number(number.as_f64().unwrap()),
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(list) => Json::List(list.iter().map(tree).collect()),
        Value::Object(map) => Json::Map(
            map.iter()
                .map(|(name, value)| (name.clone(), tree(value)))
                .collect(),
        ),
    }
}

/// An answer that is not JSON.
pub fn page(status: u16, text: &str) -> Reply {
    Reply::Http {
        status,
        body: Body::Text(text.into()),
    }
}

pub fn down() -> Reply {
    Reply::Failed("Failed to fetch".into())
}

/// What router and server are like.
pub struct World {
    pub version: &'static str,
    pub revision: &'static str,
    pub polls: u32,
    pub flashed: bool,
    /// How often the router stays silent after flashing.
    pub silence: u32,
    pub packages: Value,
}

impl World {
    pub fn new() -> Self {
        Self {
            version: "23.05.5",
            revision: "r24106-10cc5fcd00",
            polls: 0,
            flashed: false,
            silence: 3,
            packages: json!({"luci": "1", "auc": "0.3", "firewall": "2", "htop": "3.2", "libustream-wolfssl": "1"}),
        }
    }

    pub fn reply(&mut self, effect: &Effect) -> Reply {
        let what = describe(effect);
        if let Effect::Http {
            url,
            body: Some(body),
            ..
        } = effect
            && url == "/ubus"
        {
            let call: Value = serde_json::from_str(body).unwrap();
            return self.ubus(
                &what,
                call["params"][0].as_str().unwrap(),
                &call["params"][3],
            );
        }
        match what.as_str() {
            "GET http://server/json/v1/overview.json" => http(200, &overview()),
            "POST http://server/api/v1/build" => http(
                202,
                &json!({
                    "status": 202, "detail": "queued", "request_hash": "abc", "queue_position": 2, "imagebuilder_status": "queued",
                }),
            ),
            "GET http://server/api/v1/build/abc" => self.poll(),
            "DIGEST" => Reply::Digest {
                sha256: SHA.into(),
                size: 7_000_000,
            },
            "UPLOAD /tmp/firmware.bin" => http(
                200,
                &json!({"size": 7_000_000, "checksum": "x", "sha256sum": SHA}),
            ),
            what if what.starts_with("DOWNLOAD http://server/store/abc/") => {
                http(200, &Value::Null)
            }
            what if what.ends_with("/tplink_archer-c7-v5.json") => http(200, &profile()),
            what if what.ends_with("/index.json") => http(
                200,
                &json!({"architecture": "mips_24kc", "packages": {"base-files": "9", "firewall4": "3"}}),
            ),
            what if what.ends_with("/mips_24kc-index.json") => http(
                200,
                &json!({"luci": "2", "owut": "7", "htop": "3.3", "libustream-mbedtls": "1"}),
            ),
            _ => page(404, "<h1>Not Found</h1>"),
        }
    }

    fn poll(&mut self) -> Reply {
        self.polls += 1;
        let stage = ["container_setup", "validate_manifest", "building_image"];
        match self.polls {
            1 => http(
                202,
                &json!({"status": 202, "detail": "queued", "queue_position": 0}),
            ),
            polls @ 2..=4 => http(
                202,
                &json!({"status": 202, "detail": "started", "imagebuilder_status": stage[polls as usize - 2]}),
            ),
            _ => http(200, &built()),
        }
    }

    fn ubus(&mut self, what: &str, session: &str, arguments: &Value) -> Reply {
        if self.flashed && self.silence > 0 {
            self.silence -= 1;
            return down();
        }
        let new = if self.flashed { "new" } else { "old" };
        if what == "session login" {
            return ok(json!({"ubus_rpc_session": new}));
        }
        if session != new {
            return rpc_error(-32002);
        }
        match what {
            "attendedsysupgrade info" => ok(self.info()),
            "packagelist list" if self.flashed && arguments["all"] == true => {
                ok(json!({"packagelist": {"base-files": "9", "luci": "2"}}))
            }
            "packagelist list" => ok(json!({"packagelist": self.packages})),
            "uci get" => ok(
                json!({"values": {"server": {".type": "server", ".index": 0, "url": "http://server/"}}}),
            ),
            "attendedsysupgrade verify" => {
                ok(json!({"valid": arguments["sha256"] == SHA, "sha256": SHA}))
            }
            "attendedsysupgrade test" => ok(
                json!({"valid": true, "forceable": true, "allow_backup": true, "tests": {"fwtool_device_match": true}}),
            ),
            "attendedsysupgrade start" => {
                self.flashed = true;
                self.version = "24.10.2";
                self.revision = "r28739-d9340319c6";
                ok(json!({"started": true}))
            }
            "attendedsysupgrade clean" | "session destroy" => ok(json!({})),
            _ => rpc_error(-32000),
        }
    }

    pub fn info(&self) -> Value {
        json!({
            "distribution": "OpenWrt", "version": self.version, "revision": self.revision, "target": "ath79/generic",
            "arch": "mips_24kc", "board_name": "tplink,archer-c7-v5", "model": "TP-Link Archer C7 v5",
            "rootfs_type": "squashfs", "efi": false, "package_manager": "opkg", "tmp_free": 60_000_000,
        })
    }
}

pub fn overview() -> Value {
    let targets = json!({"ath79/generic": "mips_24kc"});
    json!({
        "latest": ["24.10.2", "23.05.5"],
        "branches": {
            "24.10": {
                "enabled": true, "path": "releases/{version}", "versions": ["24.10.2", "24.10.0-rc1"], "targets": targets, "branch_off_rev": 27990,
                "package_changes": [
                    {"source": "firewall", "target": "firewall4", "revision": 18611},
                    {"source": "libustream-wolfssl", "target": "libustream-mbedtls", "revision": 21994},
                    {"source": "auc", "target": "owut", "revision": 26792},
                ],
            },
            "23.05": {"enabled": true, "path": "releases/{version}", "versions": ["23.05.5"], "targets": targets, "branch_off_rev": 23069},
        },
        "upstream_url": "http://upstream", "server": {"version": "1"},
    })
}

pub fn profile() -> Value {
    json!({
        "id": "tplink_archer-c7-v5", "default_packages": ["base-files", "firewall4"], "device_packages": [],
        "version_code": "r28739-d9340319c6", "version_number": "24.10.2",
        "images": [{"filesystem": "squashfs", "name": "x-sysupgrade.bin", "type": "sysupgrade"}],
    })
}

pub fn built() -> Value {
    json!({
        "status": 200, "detail": "done", "request_hash": "abc", "bin_dir": "abc", "version_number": "24.10.2", "version_code": "r28739-d9340319c6",
        "manifest": {"base-files": "9", "luci": "2"},
        "images": [
            {"filesystem": "squashfs", "name": "x-factory.bin", "type": "factory", "sha256": "bb"},
            {"filesystem": "squashfs", "name": "x-sysupgrade.bin", "type": "sysupgrade", "sha256": SHA, "size": 7_000_000},
        ],
    })
}
