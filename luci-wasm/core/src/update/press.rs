//! Buttons and inputs.

use super::Step;
use super::calls::Purpose;
use crate::effect::Effect;
use crate::model::Model;
use crate::msg::{Action, Edit};
use crate::order::contains;
use crate::plan::Plan;
use crate::state::State;

impl Model {
    pub(crate) fn press(&mut self, action: Action) {
        match (action, self.state) {
            (Action::Login, State::Login) => self.log_in(),
            (Action::Search, State::Overview) => self.run(Step::Search),
            (Action::Request, State::Plan | State::Current) if self.is_ready() => {
                self.run(Step::Request);
            }
            (Action::Flash, State::Confirm) => self.run(Step::Start),
            (Action::Cancel, _) | (Action::Back, State::Confirm) => self.cancel(),
            (Action::Retry, State::Error) => {
                let step = self.trouble.retry.unwrap_or(Step::Identify);
                self.run(step);
            }
            (Action::Back, State::Error) => self.back_from_error(),
            (Action::Back, State::Plan | State::Current) => self.go(State::Overview),
            (Action::Restart, State::Done) => self.run(Step::Identify),
            (Action::Restart, State::Error) => {
                self.clean();
                self.run(Step::Identify);
            }
            (Action::Logout, State::Flashing | State::Rebooting) => {}
            (Action::Logout, _) => self.log_out(),
            _ => {}
        }
    }

    /// Whether every package that cannot be had was left out.
    pub(crate) fn is_ready(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            plan.missing()
                .iter()
                .all(|name| contains(&self.form.left_out, name))
        })
    }

    fn cancel(&mut self) {
        match self.state {
            State::Login if self.is_calling(Purpose::Login) => {
                self.credentials = None;
                self.go(State::Login);
            }
            State::Identifying => {
                self.resume = None;
                self.go(State::Login);
            }
            State::Searching => self.go(State::Overview),
            State::Rebooting => {
                self.parked = None;
                self.ask_to_log_in(
                    "Stopped waiting. The router may still be writing: leave it plugged in.",
                );
            }
            State::Flashing => {}
            state if state.can_cancel() || state == State::Confirm => {
                self.drop_build();
                self.go_home();
            }
            _ => {}
        }
    }

    /// Gives up build and image. The server may finish a build nobody waits for; that is cheaper
    /// than a way to stop other people's builds.
    fn drop_build(&mut self) {
        self.abort_calls();
        self.clean();
        self.forget_job();
        self.out.push(Effect::Discard);
    }

    fn back_from_error(&mut self) {
        if self.failed_in == State::Rebooting {
            return self.ask_to_log_in("");
        }
        self.drop_build();
        // What the server refused can be left out in the plan.
        self.rejected = std::mem::take(&mut self.trouble.packages);
        self.too_big = self.trouble.cause == "image-too-big";
        self.go_home();
    }

    /// The last screen on which something can be decided.
    fn go_home(&mut self) {
        let home = if self.session.is_none() {
            State::Login
        } else if self.plan.is_some() && self.overview.is_some() {
            self.plan_state()
        } else if self.router.target.is_empty() {
            State::Login
        } else {
            State::Overview
        };
        self.go(home);
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        let deciding = matches!(self.state, State::Plan | State::Current);
        match edit {
            Edit::Username(text) => self.form.username = text,
            Edit::Password(text) => self.form.password = text,
            Edit::Server(text) => self.form.server = text,
            Edit::Keep(keep) => self.form.keep = keep && self.test.allow_backup,
            Edit::Advanced(on) => self.form.advanced = on,
            Edit::Version(version) if deciding && version != self.form.version => {
                if self.is_offered(&version) {
                    self.form.version = version;
                    self.run(Step::Plan);
                }
            }
            Edit::Leave(name, on) => self.leave(name, on),
            Edit::LeaveAll(on) => self.leave_all(on),
            Edit::Version(_) => {}
        }
    }

    fn is_offered(&self, version: &str) -> bool {
        self.overview.as_ref().is_some_and(|overview| {
            crate::offer::offers(overview, &self.router, true)
                .iter()
                .any(|offer| offer.version == version)
        })
    }

    fn leave(&mut self, name: String, on: bool) {
        self.form.left_out.retain(|other| *other != name);
        if on {
            self.form.left_out.push(name);
        }
    }

    fn leave_all(&mut self, on: bool) {
        let missing = self.plan.as_ref().map(Plan::missing).unwrap_or_default();
        let missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
        for name in missing {
            self.leave(name, on);
        }
    }
}
