//! What happens because time passes.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::effect::{Effect, Reply};
use crate::model::Model;
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

/// How often the session is used while the server works; it ends after 300 s without use.
const KEEP_ALIVE: u64 = 60_000;

impl Model {
    pub(crate) fn tick(&mut self) {
        self.end_late_calls();
        self.end_state();
        self.ask_when_due();
        self.keep_session();
        self.hold();
        self.poll_rebuilders();
    }

    fn end_late_calls(&mut self) {
        let now = self.now;
        let late: Vec<u32> = self
            .calls
            .iter()
            .filter(|call| call.deadline <= now)
            .map(|call| call.id)
            .collect();
        for id in late {
            self.out.push(Effect::Abort { id });
            self.replied(id, Reply::TimedOut);
        }
    }

    /// Ends states that go on over many answers.
    fn end_state(&mut self) {
        let limit = self.state.limit().unwrap_or(u64::MAX);
        let over = |since: u64| self.now.saturating_sub(since) > limit;
        match self.state {
            State::Queued | State::Building if over(self.job.moved) => {
                let trouble = stuck(self.state == State::Queued);
                self.fail(trouble.retry(Step::Poll));
            }
            State::Rebooting if over(self.since) => self.gave_up_on_router(),
            _ => {}
        }
    }

    fn ask_when_due(&mut self) {
        match self.state {
            State::Queued | State::Building
                if self.now >= self.job.next_poll && !self.is_calling(Purpose::Poll) =>
            {
                self.poll();
            }
            State::Rebooting if self.now >= self.restart.next_poll && self.calls.is_empty() => {
                self.pulse();
            }
            _ => {}
        }
    }

    fn keep_session(&mut self) {
        let server_works = matches!(
            self.state,
            State::Requesting | State::Queued | State::Building | State::Downloading
        );
        let busy = self.is_calling(Purpose::KeepAlive) || self.is_calling(Purpose::Renew);
        let due = self.now.saturating_sub(self.touched) >= KEEP_ALIVE;
        if server_works && due && !busy && self.session.is_some() {
            self.touched = self.now;
            self.call_info(Purpose::KeepAlive, ANSWER);
        }
    }
}

fn stuck(queued: bool) -> Trouble {
    let (title, why) = if queued {
        (
            w!("The queue is not moving"),
            w!("The position in the server’s queue has not changed for half an hour."),
        )
    } else {
        (
            w!("The build is taking too long"),
            w!("The build has made no progress for twenty minutes; most take one or two."),
        )
    };
    Trouble::new(
        "build-stuck",
        title,
        why,
        w!("Try again to go on waiting, or come back later: a finished image is kept for a while."),
    )
}
