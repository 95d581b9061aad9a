//! Buttons and inputs.

use super::Step;
use super::calls::Purpose;
use crate::effect::Effect;
use crate::model::{Adding, Model, News};
use crate::msg::{Action, Edit};
use crate::plan::Plan;
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

impl Model {
    pub(crate) fn press(&mut self, action: Action) {
        match (action, self.state) {
            _ if !self.may(action) => {}
            (Action::Login, State::Login) => self.log_in(),
            (Action::Search, State::Overview) => self.run(Step::Search),
            (Action::Request, State::Plan | State::Current) if self.is_ready() => {
                self.run(Step::Request);
            }
            (Action::Pick(kind, first, second), state) if is_answer(state) => {
                self.pick(kind, first.into(), second.into());
            }
            (Action::Add, State::Plan | State::Current) => self.add_packages(),
            (Action::Tell, State::Overview) if self.is_undecided() => self.decide_news(true),
            (Action::Hush, State::Overview) if self.news != News::Quiet => self.decide_news(false),
            (Action::Dismiss, State::Overview) => self.news = News::Quiet,
            (Action::Flash, State::Confirm) => self.run(Step::Start),
            (Action::Backup, State::Confirm) => self.back_up(),
            (Action::Cancel, _) | (Action::Back, State::Confirm) => self.cancel(),
            (Action::Retry, State::Error) => {
                let step = self.trouble.retry.unwrap_or(Step::Identify);
                self.run(step);
            }
            (Action::Back, State::Error) => self.back_from_error(),
            (Action::Back, state) if is_answer(state) => self.go(State::Overview),
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

    /// Whether the plan can be built as it is.
    pub(crate) fn is_ready(&self) -> bool {
        let fits = self.script_excess() == 0;
        let can_flash = |plan: &Plan| !self.checks(plan).is_hopeless();
        self.plan()
            .is_some_and(|plan| plan.request.is_some() && fits && can_flash(plan))
    }

    fn cancel(&mut self) {
        match self.state {
            State::Login if self.is_calling(Purpose::Login) => {
                self.credentials = None;
                self.go(State::Login);
            }
            State::Identifying => {
                self.resume = None;
                self.leave();
            }
            State::Searching => self.go(State::Overview),
            State::Planning => self.go_home(),
            State::Rebooting if self.options.relogin => self.gave_up_on_router(),
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

    /// Gives up build and image.
    fn drop_build(&mut self) {
        self.abort_calls();
        self.clean();
        self.withdraw();
        self.forget_job();
        self.out.push(Effect::Discard);
    }

    fn back_from_error(&mut self) {
        if self.failed_in == State::Rebooting {
            self.parked = None;
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
        // What was asked for last may be what failed.
        if self.answer.is_some() {
            self.question.clone_from(&self.answered);
        }
        let home = if self.session.is_none() {
            return self.leave();
        } else if self.answer.is_some() && self.overview.is_some() {
            self.answer_state()
        } else if self.router.target.is_empty() {
            return self.leave();
        } else {
            State::Overview
        };
        self.go(home);
    }

    /// Nothing is known of the router: only logging in leads on, or, where the host does that,
    /// asking once more.
    fn leave(&mut self) {
        if !self.options.relogin {
            return self.go(State::Login);
        }
        let stopped = Trouble::new(
            "stopped",
            w!("Stopped, as you asked"),
            w!("Nothing was changed on the router."),
            w!("Try again to ask the router what it is."),
        );
        self.fail(stopped.retry(Step::Identify));
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Username(text) => self.form.username = text,
            Edit::Password(text) => self.form.password = text,
            Edit::Server(text) => self.form.server = text,
            Edit::Keep(keep) => self.form.keep = keep && self.test.allow_backup,
            Edit::Advanced(on) => self.form.advanced = on,
            Edit::Filter(text) => self.form.filter = text,
            Edit::Add(text) => self.type_name(text),
            Edit::Version(version) if is_answer(self.state) => self.ask_for(version),
            Edit::Consent(on) if is_answer(self.state) => {
                self.question.allow_downgrade = on;
                self.run(Step::Plan);
            }
            Edit::Script(text) => self.form.script = text,
            Edit::Filesystem(name) if is_answer(self.state) => self.choose_filesystem(name),
            Edit::Partition(size) if is_answer(self.state) => self.choose_partition(&size),
            Edit::Version(_) | Edit::Consent(_) | Edit::Filesystem(_) | Edit::Partition(_) => {}
        }
    }

    pub(super) fn ask_for(&mut self, version: String) {
        if version != self.question.version && self.is_offered(&version) {
            self.question.version = version;
            // Whoever agreed to one older release did not agree to every other.
            self.question.allow_downgrade = false;
            self.rejected.clear();
            self.too_big = false;
            self.form.adding = Adding::default();
            self.run(Step::Plan);
        }
    }

    pub(super) fn is_offered(&self, version: &str) -> bool {
        self.overview.as_ref().is_some_and(|overview| {
            crate::offer::offers(overview, &self.router, true)
                .iter()
                .any(|offer| offer.version == version)
        })
    }
}

/// Whether a state shows a plan, or why there is none.
fn is_answer(state: State) -> bool {
    matches!(state, State::Plan | State::Current | State::Problems)
}
