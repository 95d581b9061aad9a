//! Opening the page, logging in, and renewing a session that ended.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::answer::{NOBODY, Refusal, ubus_reply};
use crate::effect::{Effect, Reply};
use crate::json::{Json, map};
use crate::model::{Credentials, Model, News};
use crate::state::State;
use crate::trouble::{Trouble, refused};
use crate::words::{join, w};

/// Seconds a session lives without use; rpcd's own default.
const SESSION_SECONDS: f64 = 300.0;

impl Model {
    pub(crate) fn open(&mut self) {
        self.since = self.now;
        self.born = self.now;
        if let Some(remembered) = self.options.remembered.take() {
            self.take_up(&remembered);
        }
        if self.state == State::Rebooting {
            return;
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
                self.news = News::Due;
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
            // Denied may also mean that this user may not do that.
            None if self.options.relogin => {
                self.abort_calls();
                let arguments = map([
                    ("scope", "ubus".into()),
                    ("object", "session".into()),
                    ("function", "access".into()),
                ]);
                self.call(Purpose::Access, ANSWER, "session access", arguments);
            }
            None => self.ask_to_log_in(w!(
                "Your session has ended. Log in to go on where you were."
            )),
        }
    }

    /// The session lives: asking once more shows what the user may not do.
    pub(crate) fn accessed(&mut self, reply: Reply) {
        match (ubus_reply(reply), self.parked) {
            (Ok(_), Some(step)) => {
                self.parked = None;
                self.renewed = true;
                self.run(step);
            }
            _ => self.ask_to_log_in(""),
        }
    }

    pub(crate) fn ask_to_log_in(&mut self, notice: &str) {
        if self.options.relogin {
            let step = self.parked.unwrap_or(Step::Identify);
            self.out.push(Effect::Expired);
            return self.fail(session_ended().retry(step));
        }
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
        self.stop_rebuilds();
        self.job = crate::model::Job::default();
        self.form.script.clear();
        self.skipped.clear();
        self.news = News::Quiet;
        self.notice.clear();
        self.out.push(Effect::Discard);
        self.out.push(Effect::Forget);
        self.go(State::Login);
    }
}

/// The host of the view opens sessions, so the view asks for no password.
fn session_ended() -> Trouble {
    Trouble::new(
        "session-expired",
        w!("Your session has ended"),
        w!(
            "The router wants to know again who you are. Nothing was lost: after logging in, this page goes on where it was."
        ),
        w!("Log in to the router again, then try again or reload this page."),
    )
}
