//! Remembering where the view is, and going on there after a reload.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::answer::ubus_reply;
use crate::effect::{Effect, Reply};
use crate::json::{Json, map};
use crate::model::{Model, Remembered, Restart};
use crate::state::State;

const POLL: &str = "poll";
const VERIFY: &str = "verify";
const AWAIT: &str = "await";

impl Model {
    /// Keeps what a reload of the page needs.
    pub(crate) fn remember(&mut self) {
        let session = self.session.as_deref().unwrap_or_default();
        let text = match &self.resume {
            Some(kept) => kept.write(session, &kept.job),
            None => self.remembered().write(session, &self.job),
        };
        self.out.push(Effect::Remember(text));
    }

    /// Without the job, which is large and written from where it is.
    fn remembered(&self) -> Remembered {
        Remembered {
            server: self.server.clone().unwrap_or_default(),
            step: self.kept.to_owned(),
            from: self.router.version.clone(),
            keep: self.form.keep,
            flashed: self.restart.started,
            question: self.question.clone(),
            ..Remembered::default()
        }
    }

    /// Remembers anew when a reload would go on with something else.
    pub(crate) fn keep_place(&mut self) {
        let place = self.place();
        if place != self.kept {
            self.kept = place;
            self.remember();
        }
    }

    fn place(&self) -> &'static str {
        let state = match self.state {
            State::Error if self.failed_in == State::Flashing => State::Confirm,
            State::Error => self.failed_in,
            other => other,
        };
        match state {
            State::Login => self.parked_place(),
            State::Requesting
            | State::Queued
            | State::Building
            | State::Downloading
            | State::Checking
            | State::Uploading => POLL,
            State::Verifying | State::Testing | State::Confirm => VERIFY,
            State::Flashing | State::Rebooting => AWAIT,
            _ => "",
        }
    }

    fn parked_place(&self) -> &'static str {
        match self.parked {
            Some(Step::Upload) => POLL,
            Some(Step::Verify | Step::Test | Step::Start) => VERIFY,
            Some(Step::Await) => AWAIT,
            _ => "",
        }
    }

    /// Takes up what the tab was at before it was loaded anew.
    pub(crate) fn take_up(&mut self, remembered: &Json) {
        let kept = Remembered::read(remembered);
        let same = self.session.is_none() || self.session.as_ref() == Some(&kept.session);
        if self.session.is_none() && !kept.session.is_empty() {
            self.session = Some(kept.session.clone());
        }
        // Another login of this tab began it; whoever may only look does not go on with it.
        if self.options.readonly {
            return;
        }
        let job = &kept.job;
        let is_known = !job.hash.is_empty() || job.request != Json::Null;
        if kept.step == AWAIT {
            self.router.version.clone_from(&kept.from);
            // The reload may have come before the order was answered.
            let flashed = Some(kept.flashed).filter(|flashed| *flashed > 0);
            self.restart = Restart {
                started: flashed.unwrap_or(self.now),
                from: kept.from.clone(),
                logged_in: !same,
                ..Restart::default()
            };
            self.go_on(kept);
            self.run(Step::Await);
        } else if !kept.step.is_empty() && is_known {
            self.resume = Some(kept);
        }
    }

    fn go_on(&mut self, kept: Remembered) {
        self.server = Some(kept.server);
        self.form.keep = kept.keep;
        self.question = kept.question;
        self.job = kept.job;
        self.job.started = self.now;
    }

    /// Goes on where the tab was, now that the router is known.
    pub(crate) fn resume_place(&mut self, kept: Remembered) {
        let is_uploaded = kept.step == VERIFY;
        self.go_on(kept);
        if is_uploaded {
            self.call(
                Purpose::Status,
                ANSWER,
                "attendedsysupgrade status",
                map([]),
            );
        } else {
            self.run(Step::Poll);
        }
    }

    /// The router says what became of the image: without it, it is built or downloaded again.
    pub(crate) fn resumed(&mut self, reply: Reply) {
        let reply = ubus_reply(reply).unwrap_or_default();
        match reply.get("status").text() {
            Some("verified" | "uploading") => self.claim(Step::Verify),
            Some("flashing") => self.begin_waiting(),
            _ => self.run(Step::Poll),
        }
    }
}
