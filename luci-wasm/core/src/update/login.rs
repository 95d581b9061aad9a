//! Opening the page, logging in, and renewing a session that ended.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::answer::{NOBODY, Refusal, ubus_reply};
use crate::effect::{Effect, Reply};
use crate::json::{Json, map};
use crate::model::{Credentials, Model, Remembered};
use crate::state::State;
use crate::trouble::refused;
use crate::words::{join, w};

/// Seconds a session lives without use; rpcd's own default.
const SESSION_SECONDS: f64 = 300.0;

impl Model {
    pub(crate) fn open(&mut self) {
        self.since = self.now;
        let remembered = self.options.remembered.take();
        if let Some(remembered) = remembered.as_ref().map(Remembered::read) {
            if self.session.is_none() && !remembered.session.is_empty() {
                self.session = Some(remembered.session.clone());
            }
            self.resume = Some(remembered).filter(|kept| !kept.hash.is_empty());
        }
        if self.session.is_some() {
            self.run(Step::Identify);
        }
    }

    /// Sends the login form.
    pub(crate) fn log_in(&mut self) {
        if self.is_calling(Purpose::Login) {
            return;
        }
        self.notice.clear();
        let credentials = Credentials {
            username: self.form.username.trim().to_owned(),
            password: std::mem::take(&mut self.form.password),
        };
        self.call_login(Purpose::Login, &credentials);
        self.credentials = Some(credentials);
    }

    pub(crate) fn call_login(&mut self, purpose: Purpose, credentials: &Credentials) {
        let arguments = map([
            ("username", credentials.username.as_str().into()),
            ("password", credentials.password.as_str().into()),
            ("timeout", Json::Number(SESSION_SECONDS)),
        ]);
        self.call_as(NOBODY, purpose, ANSWER, "session login", arguments);
    }

    pub(crate) fn logged_in(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(login) => {
                self.open_session(&login);
                let step = self.parked.take().unwrap_or(Step::Identify);
                self.restart.logged_in = step == Step::Await;
                self.run(step);
            }
            Err(refusal) => {
                self.credentials = None;
                self.notice = match refusal {
                    Refusal::Status(6) => {
                        w!("The router does not accept this user name and password. Check both and try again.").to_owned()
                    }
                    other => {
                        let trouble = refused(other, "session login");
                        join(&[&trouble.title, &trouble.why, &trouble.next], " · ")
                    }
                };
            }
        }
    }

    pub(crate) fn open_session(&mut self, login: &Json) {
        self.session = Some(login.string("ubus_rpc_session"));
        self.touched = self.now;
        self.remember();
    }

    /// The session was refused: log in again with what is known, or ask.
    pub(crate) fn renew(&mut self, step: Step) {
        self.parked = Some(step);
        match self.credentials.clone() {
            Some(credentials) => {
                self.abort_calls();
                self.call_login(Purpose::Renew, &credentials);
            }
            None => self.ask_to_log_in(w!(
                "Your session has ended. Log in to go on where you were."
            )),
        }
    }

    pub(crate) fn ask_to_log_in(&mut self, notice: &str) {
        // A page that was just opened has nothing to go on with.
        if self.parked != Some(Step::Identify) {
            notice.clone_into(&mut self.notice);
        }
        self.session = None;
        self.credentials = None;
        self.go(State::Login);
    }

    pub(crate) fn renewed(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(login) => {
                self.open_session(&login);
                // After a sign of life nobody waits: whatever is refused next is about time again.
                self.renewed = self.parked.is_some();
                if let Some(step) = self.parked.take() {
                    self.run(step);
                }
            }
            // Renewed for a keep-alive only: nobody waits for it.
            Err(_) if self.parked.is_none() => {}
            Err(Refusal::Status(6)) => {
                self.ask_to_log_in(w!(
                    "The router no longer accepts the password. Log in to go on where you were."
                ));
            }
            Err(refusal) => {
                let step = self.parked.take().unwrap_or(Step::Identify);
                self.fail(refused(refusal, "session login").retry(step));
            }
        }
    }

    /// A keep-alive was answered. While the server works nothing is lost if it failed: the next
    /// step that needs the router asks again and says so.
    pub(crate) fn kept_alive(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(_) => self.touch(),
            Err(Refusal::Denied) => {
                if let Some(credentials) = self.credentials.clone() {
                    self.call_login(Purpose::Renew, &credentials);
                }
            }
            Err(_) => {}
        }
    }

    pub(crate) fn log_out(&mut self) {
        self.clean();
        if self.session.is_some() {
            self.call(Purpose::Background, ANSWER, "session destroy", map([]));
        }
        self.session = None;
        self.credentials = None;
        self.parked = None;
        self.resume = None;
        self.answer = None;
        self.question = crate::plan::Question::default();
        self.router = asu_protocol::router::RouterInfo::default();
        self.job = crate::model::Job::default();
        self.form.script.clear();
        self.notice.clear();
        self.out.push(Effect::Discard);
        self.out.push(Effect::Forget);
        self.go(State::Login);
    }

    /// Keeps what a reload of the page needs.
    pub(crate) fn remember(&mut self) {
        let remembered = Remembered {
            session: self.session.clone().unwrap_or_default(),
            hash: self.job.hash.clone(),
            version: self.job.version.clone(),
            server: self.server.clone().unwrap_or_default(),
        };
        self.out.push(Effect::Remember(remembered.write()));
    }
}
