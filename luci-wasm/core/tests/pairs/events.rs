//! Everything that can happen to a view.

use asu_view::{Action, Edit, Msg, Pick, Reply, State};
use serde_json::json;

use crate::common::rules::every_action;
use crate::common::{Bench, World, describe, down, http, id_of, ok, page, rpc_error, ubus_status};
use crate::places::{Place, queued};

/// An id no call has.
const STALE: u32 = 9_999;

/// Something that can happen.
pub(crate) struct Event {
    /// What it is called in the table.
    pub(crate) name: String,
    what: What,
}

enum What {
    Message(Msg),
    /// The call that the place waits for moves on.
    Progress,
    /// It tells what the builder says.
    Said,
    /// It is answered.
    Answer(Reply),
    /// It is answered as it should be.
    Good,
    /// Half a second goes by.
    Moment,
    /// Nobody answers.
    Silence,
}

impl Event {
    fn message(name: impl Into<String>, msg: Msg) -> Self {
        let name = name.into();
        let what = What::Message(msg);
        Self { name, what }
    }

    /// Which kind of message it is. Without a wildcard: whoever adds a kind is led to [`events`] by
    /// the compiler.
    pub(crate) fn kind(&self) -> usize {
        let (id, text) = (0, String::new());
        let msg = match &self.what {
            What::Message(msg) => msg.clone(),
            What::Moment | What::Silence => Msg::Tick,
            What::Said => Msg::Said { id, text },
            What::Progress => Msg::Progress {
                id,
                done: 0,
                total: None,
            },
            What::Answer(_) | What::Good => Msg::Replied {
                id,
                reply: Reply::TimedOut,
            },
        };
        match msg {
            Msg::Open => 0,
            Msg::Press(_) => 1,
            Msg::Edit(_) => 2,
            Msg::Tick => 3,
            Msg::Progress { .. } => 4,
            Msg::Said { .. } => 5,
            Msg::Replied { .. } => 6,
        }
    }

    /// Whether the host puts the view on a page.
    pub(crate) fn is_opening(&self) -> bool {
        matches!(self.what, What::Message(Msg::Open))
    }

    /// Whether it takes as long as the view waits.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self.what, What::Silence)
    }

    /// Lets it happen.
    pub(crate) fn happen(&self, place: &Place, bench: &mut Bench, world: &mut World) {
        match &self.what {
            What::Message(msg) => bench.send(msg.clone()),
            What::Moment => bench.tick(500),
            What::Silence => bench.silence(),
            What::Answer(reply) => bench.answer(place.what.as_ref().unwrap(), reply.clone()),
            What::Good => {
                let reply = world.reply(awaited(place, bench));
                bench.answer(place.what.as_ref().unwrap(), reply);
            }
            What::Said => {
                let id = id_of(awaited(place, bench)).unwrap();
                let text = "event: status\n".to_owned();
                bench.send(Msg::Said { id, text });
            }
            What::Progress => {
                let id = id_of(awaited(place, bench)).unwrap();
                bench.send(Msg::Progress {
                    id,
                    done: 7,
                    total: Some(9),
                });
            }
        }
    }
}

fn awaited<'a>(place: &Place, bench: &'a Bench) -> &'a asu_view::Effect {
    let what = place.what.as_ref().unwrap();
    bench
        .open
        .iter()
        .find(|open| describe(open).contains(what.as_str()))
        .unwrap()
}

/// All that can happen in a place.
pub(crate) fn events(place: &Place) -> Vec<Event> {
    let mut all = vec![Event::message("open", Msg::Open)];
    all.extend(
        every_action()
            .into_iter()
            .map(|action| Event::message(action_name(action), Msg::Press(action))),
    );
    all.extend(
        edits()
            .into_iter()
            .map(|edit| Event::message(edit_name(&edit), Msg::Edit(edit))),
    );
    let event = |name: &str, what| Event {
        name: name.to_owned(),
        what,
    };
    all.push(event("a moment", What::Moment));
    all.push(event("silence", What::Silence));
    if place.what.is_some() && place.state != State::Error {
        all.push(event("progress", What::Progress));
        all.push(event("news of the build", What::Said));
        all.push(event("the right answer", What::Good));
        let answers = replies().into_iter().map(|(name, reply)| Event {
            name,
            what: What::Answer(reply),
        });
        all.extend(answers);
    }
    all
}

/// Every kind of answer, and progress, for a call that nobody waits for any more.
pub(crate) fn stale() -> Vec<Msg> {
    let id = STALE;
    let answers = replies()
        .into_iter()
        .map(|(_, reply)| Msg::Replied { id, reply });
    answers
        .chain([Msg::Progress {
            id,
            done: 1,
            total: None,
        }])
        .collect()
}

/// Without a wildcard: whoever adds a pick is led to [`every_action`] by the compiler.
fn action_name(action: Action) -> String {
    let Action::Pick(pick, ..) = action else {
        return format!("press {}", action.name());
    };
    let what = match pick {
        Pick::Remedy => "a remedy",
        Pick::Everything => "all remedies",
        Pick::Instead => "an alternative",
        Pick::Provider => "a provider",
        Pick::Without => "a package to leave out",
        Pick::Rejected => "a refused package",
        Pick::Undo => "to undo",
        Pick::Channel => "a channel",
        Pick::Near => "a name alike",
    };
    format!("pick {what}")
}

fn edits() -> Vec<Edit> {
    let text = |text: &str| text.to_owned();
    vec![
        Edit::Username(text("somebody")),
        Edit::Password(text("secret")),
        Edit::Server(text("http://other")),
        Edit::Version(text("24.10.2")),
        Edit::Version(text("23.05.5")),
        Edit::Version(text("1.2.3")),
        Edit::Keep(false),
        Edit::Advanced(true),
        Edit::Consent(true),
        Edit::Filter(text("ht")),
        Edit::Add(text("tcpdump")),
        Edit::Script(text("uci commit")),
        Edit::Filesystem(text("ext4")),
        Edit::Partition(text("256")),
    ]
}

/// Without a wildcard: whoever adds an input is led to [`edits`] by the compiler.
fn edit_name(edit: &Edit) -> String {
    match edit {
        Edit::Username(_) => "type a name".to_owned(),
        Edit::Password(_) => "type a password".to_owned(),
        Edit::Server(_) => "type a server".to_owned(),
        Edit::Version(version) => format!("choose {version}"),
        Edit::Keep(_) => "untick keep".to_owned(),
        Edit::Advanced(_) => "tick advanced".to_owned(),
        Edit::Consent(_) => "tick consent".to_owned(),
        Edit::Filter(_) => "filter".to_owned(),
        Edit::Add(_) => "type a package".to_owned(),
        Edit::Script(_) => "type a script".to_owned(),
        Edit::Filesystem(_) => "choose a file system".to_owned(),
        Edit::Partition(_) => "choose a partition size".to_owned(),
    }
}

/// Every kind of answer, whether or not it fits the question.
fn replies() -> Vec<(String, Reply)> {
    let mut all = vec![
        ("no connection".to_owned(), down()),
        ("no answer in time".to_owned(), Reply::TimedOut),
        (
            "another sum".to_owned(),
            Reply::Digest {
                sha256: "00".to_owned(),
                size: 9,
            },
        ),
        ("200 page".to_owned(), page(200, "<html>")),
        ("200 {}".to_owned(), http(200, &json!({}))),
        ("202 queued".to_owned(), queued()),
        ("ubus {}".to_owned(), ok(json!({}))),
    ];
    for status in [
        204, 301, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504, 529,
    ] {
        let body = json!({"status": status, "detail": "some detail"});
        all.push((format!("{status}"), http(status, &body)));
        all.push((format!("{status} page"), page(status, "<html>")));
    }
    for code in [-32002, -32000, -32700] {
        all.push((format!("JSON-RPC {code}"), rpc_error(code)));
    }
    all.extend((1..=13).map(|status| (format!("ubus {status}"), ubus_status(status))));
    all
}
