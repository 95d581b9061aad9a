//! Telling after a login that there is a newer release, if the router's owner wants that.
//!
//! LuCI's status page has a notice of its own, so this is for pages on which people log in to the
//! view itself. No server is asked before somebody has agreed.

use asu_protocol::release::compare;

use super::calls::{ANSWER, Purpose};
use super::documents::document;
use crate::answer::ubus_reply;
use crate::effect::{Effect, Reply};
use crate::json::map;
use crate::model::{Model, News};
use crate::offer::{Channel, preselect};
use crate::read;
use crate::state::State;

const CONFIG: &str = "attendedsysupgrade";

impl Model {
    /// Looks for news, or asks whether to, once the router is known. A snapshot is newer than itself
    /// every day, which is no news.
    pub(crate) fn greet(&mut self) {
        let is_login = std::mem::take(&mut self.news) == News::Due;
        let is_snapshot = Channel::of(&self.router.version) == Channel::Snapshot;
        if self.options.session.is_some() || self.servers.build.is_empty() || is_snapshot {
            return;
        }
        match self.preset.tells {
            None => self.news = News::Undecided,
            Some(true) if is_login => self.ask_news(0),
            Some(_) => {}
        }
    }

    /// Whether the question whether to look for news is on the page.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.news, News::Undecided | News::Unsaved)
    }

    /// Keeps the decision on the router.
    pub(crate) fn decide_news(&mut self, tells: bool) {
        self.preset.tells = Some(tells);
        self.news = if tells { News::Awaited } else { News::Quiet };
        let name = self.preset.client.as_str();
        let value = if tells { "1" } else { "0" };
        let values = map([("login_check_for_upgrades", value.into())]);
        let (call, section) = match name {
            "" => ("uci add", ("name", "client".into())),
            name => ("uci set", ("section", name.into())),
        };
        let arguments = map([
            ("config", CONFIG.into()),
            ("type", "client".into()),
            section,
            ("values", values),
        ]);
        self.call(Purpose::Decide, ANSWER, call, arguments);
    }

    pub(crate) fn decided(&mut self, purpose: Purpose, reply: Reply) {
        if ubus_reply(reply).is_err() {
            self.preset.tells = None;
            self.news = News::Unsaved;
        } else if purpose == Purpose::Decide {
            let config = map([("config", CONFIG.into())]);
            self.call(Purpose::Commit, ANSWER, "uci commit", config);
        } else if self.state == State::Overview && self.preset.tells == Some(true) {
            self.ask_news(0);
        }
    }

    /// Asks the servers one after the other: the first that answers decides.
    fn ask_news(&mut self, place: usize) {
        let Some(server) = self.servers.build.get(place) else {
            self.news = News::Quiet;
            return;
        };
        let url = [server, "/json/v1/overview.json"].concat();
        let id = self.expect(Purpose::News(place), ANSWER);
        let body = None;
        self.out.push(Effect::Http { id, url, body });
    }

    pub(crate) fn news_came(&mut self, place: usize, reply: &Reply) {
        let Some(overview) = document(reply, read::overview) else {
            return self.ask_news(place + 1);
        };
        let channel = match self.preset.channel {
            Channel::Snapshot => Channel::Testing,
            other => other,
        };
        let found = preselect(&overview, &self.router, channel);
        let newer = found.filter(|(_, version)| compare(version, &self.router.version).is_gt());
        self.news = match newer {
            Some((_, version)) => News::Found(version),
            None if self.news == News::Awaited => News::None,
            None => News::Quiet,
        };
    }
}
