//! What follows from what happened.

mod add;
mod backup;
mod build;
mod calls;
mod clock;
mod documents;
mod flash;
mod identify;
mod login;
mod news;
mod options;
mod pick;
mod place;
mod plan;
mod press;
mod rebuild;
mod restart;
mod search;
mod servers;
mod signature;
mod tabs;
mod transfer;

pub(crate) use calls::Call;
use calls::Purpose;
pub(crate) use restart::DEFAULT_ADDRESS;

use crate::effect::{Effect, Reply};
use crate::model::{Model, Transfer};
use crate::msg::Msg;
use crate::state::State;
use crate::trouble::Trouble;

/// A part of the way that can be begun, and begun again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Identify,
    Search,
    Plan,
    Request,
    Poll,
    Download,
    Upload,
    /// As `Upload`, whatever another tab is at.
    TakeOver,
    Verify,
    Test,
    Start,
    Await,
}

/// Takes a message at a time (milliseconds of any clock that does not go back) and returns what is
/// to be done.
pub fn update(model: &mut Model, now: u64, msg: Msg) -> Vec<Effect> {
    model.now = model.now.max(now);
    match msg {
        Msg::Open => model.open(),
        Msg::Press(action) => model.press(action),
        Msg::Edit(edit) => model.edit(edit),
        Msg::Tick => model.tick(),
        Msg::Progress { id, done, total } => model.progress(id, done, total),
        Msg::Said { id, text } => model.said(id, &text),
        Msg::Replied { id, reply } => model.replied(id, reply),
    }
    std::mem::take(&mut model.out)
}

impl Model {
    pub(crate) fn run(&mut self, step: Step) {
        match step {
            Step::Identify => self.identify(),
            Step::Search => self.search(),
            Step::Plan => self.make_plan(),
            Step::Request => self.request(),
            Step::Poll => self.resume_job(),
            Step::Download => self.download(),
            Step::Upload => self.begin_upload(),
            Step::TakeOver => self.take_over(),
            Step::Verify => self.verify(),
            Step::Test => self.test(),
            Step::Start => self.start(),
            Step::Await => self.await_router(),
        }
    }

    /// Enters a state; whatever the last one waited for is given up.
    pub(crate) fn go(&mut self, state: State) {
        self.abort_calls();
        self.enter(state);
    }

    /// Enters a state that goes on with what is under way.
    pub(crate) fn enter(&mut self, state: State) {
        self.state = state;
        self.since = self.now;
        self.transfer = Transfer {
            started: self.now,
            ..Transfer::default()
        };
        self.keep_mark();
        self.keep_place();
    }

    pub(crate) fn fail(&mut self, trouble: Trouble) {
        if self.state != State::Error {
            self.failed_in = self.state;
        }
        self.trouble = trouble;
        self.go(State::Error);
    }

    fn replied(&mut self, id: u32, reply: Reply) {
        let Some(purpose) = self.take_call(id) else {
            return;
        };
        match purpose {
            Purpose::Login => self.logged_in(reply),
            Purpose::Renew => self.renewed(reply),
            Purpose::KeepAlive => self.kept_alive(reply),
            Purpose::Info => self.identified(reply),
            Purpose::Packages => self.listed(reply),
            Purpose::Config => self.configured(reply),
            Purpose::Overview => self.overviewed(&reply),
            Purpose::Plan => self.planned(&reply),
            Purpose::Standard => self.standard_known(&reply),
            Purpose::Profile | Purpose::GenericProfile => self.profiled(purpose, &reply),
            Purpose::OldProfile => self.old_profiled(&reply),
            Purpose::TargetIndex | Purpose::ArchIndex => self.indexed(purpose, &reply),
            Purpose::Build => self.requested(&reply),
            Purpose::Poll => self.polled(&reply),
            Purpose::Download => self.received(&reply),
            Purpose::Digest => self.digested(reply),
            Purpose::Space => self.measured(reply),
            Purpose::Upload => self.sent(reply),
            Purpose::Verify => self.verified(reply),
            Purpose::Test => self.tested(reply),
            Purpose::Start => self.started(reply),
            Purpose::Pulse => self.pulsed(reply),
            Purpose::LoginAgain | Purpose::LoginEmpty => self.logged_in_again(purpose, reply),
            Purpose::NewInfo => self.came_back(reply),
            Purpose::NewPackages => self.new_packages(reply),
            Purpose::NewUserPackages => self.new_user_packages(reply),
            Purpose::Claim(step) => self.claimed(step, &reply),
            Purpose::Hold => self.held(&reply),
            Purpose::Status => self.resumed(reply),
            Purpose::Access => self.accessed(reply),
            Purpose::Follow => self.stopped_following(&reply),
            Purpose::Rebuild(place) => self.rebuilt(place, &reply),
            Purpose::Signature => self.signed(&reply),
            Purpose::Key => self.key_looked_up(reply),
            Purpose::Backup => self.backed_up(&reply),
            Purpose::Knock => self.knocked(&reply),
            Purpose::News(place) => self.news_came(place, &reply),
            Purpose::Decide | Purpose::Commit => self.decided(purpose, reply),
            Purpose::Background => {}
        }
    }

    fn progress(&mut self, id: u32, done: u64, total: Option<u64>) {
        let limit = self.state.limit().unwrap_or_default();
        let now = self.now;
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == id) {
            call.deadline = now + limit;
            self.transfer.done = done;
            self.transfer.total = total.or(self.transfer.total);
        }
    }
}
