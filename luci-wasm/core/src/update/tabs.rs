//! Two tabs at once: only one sends an image to the router, and each knows of the other.
//!
//! All tabs of an origin see one mark: which tab is at work, and until when that counts. It is
//! looked at before each step that another tab could spoil, and set anew while this tab works.
//! Browsers without secure contexts, as routers are reached, have no locks for that.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::effect::{Body, Effect, Reply};
use crate::model::Model;
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

/// How often the mark is looked at, milliseconds.
const PAUSE: u64 = 5_000;
/// How long a mark counts: browsers wake tabs in the background once a minute only.
const WORKING: u64 = 90_000;
/// The same where a person decides.
const DECIDING: u64 = 300_000;

impl Model {
    /// Goes on with a step, unless another tab is at work.
    pub(crate) fn claim(&mut self, then: Step) {
        let id = self.expect(Purpose::Claim(then), ANSWER);
        self.out.push(Effect::Look { id });
    }

    pub(crate) fn claimed(&mut self, then: Step, reply: &Reply) {
        if self.is_others(reply) {
            return self.give_way();
        }
        self.mark();
        match then {
            Step::Upload => self.ask_for_space(),
            Step::Start => self.order(),
            step => self.run(step),
        }
    }

    /// Goes on here, whatever another tab is at; that one sees it and stops.
    pub(crate) fn take_over(&mut self) {
        self.mark();
        self.run(Step::Upload);
    }

    pub(crate) fn hold(&mut self) {
        let due = self.now.saturating_sub(self.marked) >= PAUSE;
        if due && self.marked > 0 && is_at_work(self.state) && !self.is_calling(Purpose::Hold) {
            let id = self.expect(Purpose::Hold, ANSWER);
            self.out.push(Effect::Look { id });
        }
    }

    pub(crate) fn held(&mut self, reply: &Reply) {
        // Nothing stops a router that writes its flash.
        if self.is_others(reply) && self.state != State::Rebooting {
            return self.give_way();
        }
        self.mark();
    }

    /// What is on the router now is the other tab's, so it is not for this one to remove.
    fn give_way(&mut self) {
        self.marked = 0;
        self.uploaded = false;
        self.fail(other_tab().retry(Step::TakeOver));
    }

    fn is_others(&self, reply: &Reply) -> bool {
        let Reply::Http {
            body: Body::Text(mark),
            ..
        } = reply
        else {
            return false;
        };
        let number = |text: &str| text.parse::<u64>().ok();
        mark.split_once(' ').is_some_and(|(tab, until)| {
            number(tab) != Some(self.born) && number(until).is_some_and(|until| until > self.now)
        })
    }

    fn mark(&mut self) {
        let lasts = if self.state == State::Confirm {
            DECIDING
        } else {
            WORKING
        };
        self.marked = self.now.max(1);
        let mut text = self.born.to_string();
        text.push(' ');
        text.push_str(&(self.now + lasts).to_string());
        self.out.push(Effect::Mark(text));
    }

    /// Renews the mark where a person decides, and takes it away after the work.
    pub(crate) fn keep_mark(&mut self) {
        if self.marked == 0 || is_at_work(self.state) || self.state == State::Error {
            return;
        }
        if self.state == State::Confirm {
            self.mark();
        } else {
            self.marked = 0;
            self.out.push(Effect::Mark(String::new()));
        }
    }
}

/// Whether this tab does what no other tab may do at the same time.
fn is_at_work(state: State) -> bool {
    matches!(
        state,
        State::Uploading | State::Verifying | State::Testing | State::Flashing | State::Rebooting
    )
}

fn other_tab() -> Trouble {
    Trouble::new(
        "other-tab",
        w!("Another tab is upgrading this router"),
        w!(
            "Two tabs would overwrite each other’s image, so this one stopped before it changed anything."
        ),
        w!(
            "Go on in the other tab. If it is closed or stands still, go on here instead: the image is sent again, and the other tab stops."
        ),
    )
}
