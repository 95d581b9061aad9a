//! What is under way, and until when.

use crate::answer::{NOBODY, Refusal, ubus_call};
use crate::effect::Effect;
use crate::json::{Json, map};
use crate::model::Model;
use crate::trouble::refused;
use crate::update::Step;

/// Something asked for and not yet answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: u32,
    pub(crate) purpose: Purpose,
    /// When it counts as not answered.
    pub(crate) deadline: u64,
}

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Login,
    Renew,
    KeepAlive,
    Info,
    Packages,
    Config,
    Overview,
    Plan,
    Standard,
    Profile,
    GenericProfile,
    OldProfile,
    TargetIndex,
    ArchIndex,
    Build,
    Poll,
    Download,
    Digest,
    Space,
    Upload,
    Verify,
    Test,
    Start,
    Pulse,
    LoginAgain,
    LoginEmpty,
    NewInfo,
    NewPackages,
    NewUserPackages,
    /// Whether another tab is at work, before a step that only one tab may do.
    Claim(Step),
    /// Whether another tab took over.
    Hold,
    /// What the router holds after a reload.
    Status,
    /// Whether the session still lives.
    Access,
    /// The news of a build.
    Follow,
    /// The same image from another server; leaving the state does not stop it.
    Rebuild(usize),
    Signature,
    Key,
    Backup,
    Knock,
    /// Whether this server of the router's list has news.
    News(usize),
    /// The decision about news goes to the router; leaving the state does not stop it.
    Decide,
    /// And is kept there.
    Commit,
    /// Nobody waits for the answer, and leaving the state does not stop it.
    Background,
}

/// How long one answer of the router or the server may take, milliseconds.
pub(crate) const ANSWER: u64 = 15_000;

impl Model {
    /// Registers something that will be answered.
    pub(crate) fn expect(&mut self, purpose: Purpose, within: u64) -> u32 {
        self.next_id = self.next_id.wrapping_add(1);
        self.calls.push(Call {
            id: self.next_id,
            purpose,
            deadline: self.now.saturating_add(within),
        });
        self.next_id
    }

    pub(crate) fn take_call(&mut self, id: u32) -> Option<Purpose> {
        let place = self.calls.iter().position(|call| call.id == id)?;
        Some(self.calls.remove(place).purpose)
    }

    pub(crate) fn is_calling(&self, purpose: Purpose) -> bool {
        self.calls.iter().any(|call| call.purpose == purpose)
    }

    pub(crate) fn abort_calls(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            if matches!(
                call.purpose,
                Purpose::Background | Purpose::Rebuild(_) | Purpose::Decide | Purpose::Commit
            ) {
                self.calls.push(call);
            } else {
                self.out.push(Effect::Abort { id: call.id });
            }
        }
    }

    /// Calls a ubus method with the session.
    pub(crate) fn call(&mut self, purpose: Purpose, within: u64, call: &str, arguments: Json) {
        let session = self.session.clone().unwrap_or_else(|| NOBODY.to_owned());
        self.call_as(&session, purpose, within, call, arguments);
    }

    pub(crate) fn call_as(
        &mut self,
        session: &str,
        purpose: Purpose,
        within: u64,
        call: &str,
        arguments: Json,
    ) {
        let (object, method) = call.split_once(' ').unwrap_or((call, ""));
        let body = ubus_call(session, object, method, arguments);
        let id = self.expect(purpose, within);
        self.out.push(Effect::Http {
            id,
            url: self.options.ubus_url.clone(),
            body: Some(body),
        });
    }

    pub(crate) fn call_info(&mut self, purpose: Purpose, within: u64) {
        self.call(purpose, within, INFO, map([]));
    }

    /// Asks the server; `path` begins with a slash.
    pub(crate) fn ask(&mut self, purpose: Purpose, within: u64, path: &str, body: Option<String>) {
        let url = format!("{}{path}", self.server.clone().unwrap_or_default());
        let id = self.expect(purpose, within);
        self.out.push(Effect::Http { id, url, body });
    }

    /// Handles a ubus call that failed: renews an ended session, reports anything else.
    pub(crate) fn refused(&mut self, refusal: Refusal, call: &str, step: Step) {
        if refusal == Refusal::Denied && !self.renewed {
            self.renew(step);
        } else {
            self.fail(refused(refusal, call).retry(step));
        }
    }

    /// Notes that the router answered with the session.
    pub(crate) fn touch(&mut self) {
        self.touched = self.now;
    }

    /// Notes that a step was allowed, so that a later refusal is about time again.
    pub(crate) fn step_allowed(&mut self) {
        self.renewed = false;
        self.touch();
    }
}

pub(crate) const INFO: &str = "attendedsysupgrade info";
