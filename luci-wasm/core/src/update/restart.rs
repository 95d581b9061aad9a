//! Waiting for the router to come back, and comparing what came back with what was promised.

use std::collections::BTreeMap;

use asu_protocol::router::RouterInfo;

use super::Step;
use super::calls::{ANSWER, INFO, Purpose};
use crate::answer::{Refusal, ubus_reply};
use crate::effect::{Effect, Reply};
use crate::json::map;
use crate::model::{Credentials, Model, Outcome};
use crate::read;
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

/// How long to wait for an answer of a router that may be away.
const PULSE: u64 = 5_000;
/// Time between two questions.
const PAUSE: u64 = 2_000;
/// A router that still answers as before after this long did not begin to flash.
const NEVER_LEFT: u64 = 120_000;
/// Where a router without settings is found.
pub(crate) const DEFAULT_ADDRESS: &str = "http://192.168.1.1/";

impl Model {
    pub(crate) fn await_router(&mut self) {
        self.go(State::Rebooting);
        self.restart.next_poll = self.now + PAUSE;
        self.restart.refused = 0;
    }

    /// Asks with the old session: a router that knows it has not restarted yet.
    pub(crate) fn pulse(&mut self) {
        if self.session.is_some() {
            self.call_info(Purpose::Pulse, PULSE);
        } else {
            self.log_in_again(Purpose::LoginAgain);
        }
    }

    pub(crate) fn pulsed(&mut self, reply: Reply) {
        match ubus_reply(reply).map(|json| read::router(&json)) {
            Ok(info) if self.is_promised(&info) && self.is_new(&info) => self.arrived(info),
            Ok(_) if self.now.saturating_sub(self.restart.started) > NEVER_LEFT => {
                let trouble = never_left();
                self.fail(trouble.retry(Step::Download));
            }
            Ok(_) => self.ask_again(),
            Err(Refusal::Denied) => self.log_in_again(Purpose::LoginAgain),
            Err(_) => self.is_away(),
        }
    }

    fn is_away(&mut self) {
        self.restart.went_away.get_or_insert(self.now);
        if !self.form.keep && !self.restart.elsewhere {
            let id = self.expect(Purpose::Knock, PULSE);
            let url = DEFAULT_ADDRESS.to_owned();
            self.out.push(Effect::Knock { id, url });
        }
        self.ask_again();
    }

    /// Something answers at the default address: very likely the router without its settings.
    pub(crate) fn knocked(&mut self, reply: &Reply) {
        self.restart.elsewhere |= matches!(reply, Reply::Http { .. });
    }

    fn is_back(&mut self) {
        self.restart.went_away.get_or_insert(self.now);
        self.restart.came_back.get_or_insert(self.now);
    }

    fn ask_again(&mut self) {
        self.restart.next_poll = self.now + PAUSE;
    }

    fn log_in_again(&mut self, purpose: Purpose) {
        let Some(mut credentials) = self.credentials.clone() else {
            self.is_back();
            self.parked = Some(Step::Await);
            return self.ask_to_log_in(w!("The router is back. Log in to see the result."));
        };
        if purpose == Purpose::LoginEmpty {
            credentials = Credentials {
                username: "root".to_owned(),
                password: String::new(),
            };
        }
        self.call_login(purpose, &credentials);
    }

    pub(crate) fn logged_in_again(&mut self, purpose: Purpose, reply: Reply) {
        match ubus_reply(reply) {
            Ok(login) => {
                self.open_session(&login);
                self.is_back();
                self.call_info(Purpose::NewInfo, PULSE);
            }
            // Without the old settings the password is empty.
            Err(Refusal::Status(6)) if purpose == Purpose::LoginAgain && !self.form.keep => {
                self.log_in_again(Purpose::LoginEmpty);
            }
            Err(Refusal::Status(6)) => self.password_refused(),
            Err(_) => self.is_away(),
        }
    }

    /// A starting router can refuse a password it accepts a moment later.
    fn password_refused(&mut self) {
        self.restart.refused += 1;
        if self.restart.refused < 5 {
            return self.ask_again();
        }
        self.parked = Some(Step::Await);
        self.ask_to_log_in(w!("The router is back, but does not accept the earlier password. Log in to see the result."));
    }

    pub(crate) fn came_back(&mut self, reply: Reply) {
        match ubus_reply(reply).map(|json| read::router(&json)) {
            Ok(info) if self.is_promised(&info) => self.arrived(info),
            Ok(info) => self.fail(old_release(&info, &self.job.version).retry(Step::Identify)),
            // Its services may still be starting.
            Err(_) => self.ask_again(),
        }
    }

    /// A system that knows the old session is the old one, unless it says otherwise.
    fn is_new(&self, info: &RouterInfo) -> bool {
        self.restart.logged_in || info.version != self.router.version
    }

    fn is_promised(&self, info: &RouterInfo) -> bool {
        info.version == self.job.version
    }

    fn arrived(&mut self, info: RouterInfo) {
        self.touched = self.now;
        self.is_back();
        self.restart.ended = self.now;
        self.restart.info = Some(info);
        let all = map([("all", true.into())]);
        self.call(Purpose::NewPackages, ANSWER, "packagelist list", all);
    }

    pub(crate) fn new_packages(&mut self, reply: Reply) {
        self.restart.packages = ubus_reply(reply)
            .ok()
            .map(|list| list.get("packagelist").string_map());
        let user = map([("all", false.into())]);
        self.call(Purpose::NewUserPackages, ANSWER, "packagelist list", user);
    }

    /// The upgrade succeeded by now; a list that cannot be read only leaves the comparison out.
    pub(crate) fn new_user_packages(&mut self, reply: Reply) {
        let user = ubus_reply(reply)
            .ok()
            .map(|list| list.get("packagelist").entries().len());
        let promised = &self.job.answer.manifest;
        let real = self.restart.packages.take();
        self.outcome = Outcome {
            user_packages: user,
            promised: promised.len(),
            differences: real
                .map(|real| differences(promised, &real))
                .unwrap_or_default(),
        };
        if let Some(info) = self.restart.info.take() {
            self.router = info;
        }
        self.go(State::Done);
    }

    /// The time is up.
    pub(crate) fn gave_up_on_router(&mut self) {
        let trouble = no_answer(self.form.keep);
        self.fail(trouble.retry(Step::Await));
    }
}

/// How the packages differ from the manifest. Names may carry an ABI version that a router's list
/// leaves out (`libubox20240329` is listed as `libubox`).
fn differences(
    promised: &BTreeMap<String, String>,
    real: &BTreeMap<String, String>,
) -> Vec<String> {
    let find = |name: &str| {
        real.get(name).or_else(|| {
            real.get(name.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c)))
        })
    };
    promised
        .iter()
        .filter_map(|(name, version)| match find(name) {
            Some(found) if found == version => None,
            Some(found) => Some(w!(
                "{0}: {1} was promised, {2} is installed",
                name,
                version,
                found
            )),
            None => Some(w!("{0} was promised, but is not installed", name)),
        })
        .collect()
}

fn never_left() -> Trouble {
    Trouble::new(
        "not-upgraded",
        w!("The router did not restart"),
        w!(
            "It accepted the upgrade, but two minutes later it still runs as before. sysupgrade must have stopped early."
        ),
        w!(
            "The reason is in /tmp/attendedsysupgrade.log on the router. Try again: the image is fetched, sent and tested once more."
        ),
    )
}

fn old_release(info: &RouterInfo, wanted: &str) -> Trouble {
    Trouble::new(
        "not-upgraded",
        w!("The router came back with OpenWrt {0}", info.version),
        w!(
            "It restarted, but {0} was not written, or the router fell back to its previous system.",
            wanted
        ),
        w!(
            "The router works as before. Check it again to see where you are; look into its log before you repeat the upgrade."
        ),
    )
}

fn no_answer(kept: bool) -> Trouble {
    let (why, next) = if kept {
        (
            w!("Most routers need two to three minutes. This one has been silent for five."),
            w!(
                "Look at its lights: while they blink fast, wait. Then open the router’s address in a new tab. If nothing answers after ten minutes, unplug it once and plug it in again. As a last resort every OpenWrt router has a failsafe mode."
            ),
        )
    } else {
        (
            w!(
                "Without the old settings, the router has its default address, which may differ from the one in your browser."
            ),
            w!(
                "Connect by cable and open http://192.168.1.1/; there is no password yet. If nothing answers after ten minutes, unplug the router once and plug it in again."
            ),
        )
    };
    let mut trouble = Trouble::new(
        "no-answer",
        w!("The router has not come back yet"),
        why,
        next,
    );
    trouble.log = format!("Waited for {INFO}");
    trouble
}
