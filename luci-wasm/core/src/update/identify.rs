//! Asking the router what it is, which packages it has, and which server it uses.

use asu_protocol::router::RouterInfo;

use super::Step;
use super::calls::{ANSWER, INFO, Purpose};
use crate::answer::{Refusal, servers, ubus_reply};
use crate::effect::Reply;
use crate::json::map;
use crate::model::Model;
use crate::plan::{Preset, Question};
use crate::read;
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

const LIST: &str = "packagelist list";

impl Model {
    pub(crate) fn identify(&mut self) {
        self.go(State::Identifying);
        self.answer = None;
        self.overview = None;
        self.question = Question::default();
        self.call_info(Purpose::Info, ANSWER);
    }

    pub(crate) fn identified(&mut self, reply: Reply) {
        match ubus_reply(reply).map(|json| read::router(&json)) {
            Ok(info) if info.target.is_empty() || info.board_name.is_empty() => {
                self.fail(unknown_router(&info).retry(Step::Identify));
            }
            Ok(info) => {
                self.touch();
                self.router = info;
                self.call(
                    Purpose::Packages,
                    ANSWER,
                    LIST,
                    map([("all", false.into())]),
                );
            }
            Err(refusal) => self.refused(refusal, INFO, Step::Identify),
        }
    }

    pub(crate) fn listed(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(list) => {
                self.installed = list.get("packagelist").string_map();
                let arguments = map([("config", "attendedsysupgrade".into())]);
                self.call(Purpose::Config, ANSWER, "uci get", arguments);
            }
            Err(Refusal::Status(4)) => self.fail(
                Trouble::new(
                    "no-package-database",
                    w!("The router does not know its own packages"),
                    w!("It has neither an opkg nor an apk database, so nobody can tell which packages a new image needs."),
                    w!("This firmware was built without a package manager; upgrade it the way it was installed."),
                )
                .retry(Step::Identify),
            ),
            Err(refusal) => self.refused(refusal, LIST, Step::Identify),
        }
    }

    /// The server address is only a convenience: without it, a person is asked.
    pub(crate) fn configured(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(config) => {
                self.preset = Preset::read(config.get("values"));
                self.form.advanced |= self.preset.is_advanced;
                self.servers = servers(&config);
                if let Some(url) = self.servers.build.first() {
                    self.form.server.clone_from(url);
                }
            }
            Err(refusal @ (Refusal::Unreachable(_) | Refusal::Late)) => {
                return self.refused(refusal, "uci get", Step::Identify);
            }
            Err(_) => {}
        }
        self.step_allowed();
        self.server = crate::answer::tidy_url(&self.form.server);
        match self.resume.take() {
            Some(kept) => self.resume_place(kept),
            None => self.arrive(),
        }
    }

    /// Shows the router, and goes on at once if its owner set that.
    fn arrive(&mut self) {
        self.go(State::Overview);
        if self.preset.searches && self.server.is_some() {
            self.run(Step::Search);
        } else {
            self.greet();
        }
    }
}

fn unknown_router(info: &RouterInfo) -> Trouble {
    let what = if info.target.is_empty() {
        w!("target")
    } else {
        w!("board name")
    };
    Trouble::new(
        "unknown-router",
        w!("The router does not know what it is"),
        w!(
            "It reports no {0}, and images are made for one exact kind of router.",
            what
        ),
        w!("If this firmware was made from modified sources, upgrade it from there."),
    )
}
