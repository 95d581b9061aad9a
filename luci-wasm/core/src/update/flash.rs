//! Verifying and testing the image on the router, and starting the upgrade.

use super::Step;
use super::calls::Purpose;
use super::signature::forged;
use super::transfer::damaged;
use crate::answer::{Refusal, ubus_reply};
use crate::effect::{Effect, Reply};
use crate::json::{Json, map};
use crate::model::{Backup, Model, Restart, Signature};
use crate::read::{self, TestReply};
use crate::state::State;
use crate::trouble::Trouble;
use crate::words::w;

const VERIFY: &str = "attendedsysupgrade verify";
const TEST: &str = "attendedsysupgrade test";
const START: &str = "attendedsysupgrade start";
/// How long the router may take to hash or test an image.
const LONG: u64 = 90_000;

impl Model {
    pub(crate) fn verify(&mut self) {
        self.uploaded = true;
        self.go(State::Verifying);
        self.judge();
    }

    pub(crate) fn compare_sums(&mut self) {
        let sum = ("sha256", self.job.image.sha256.as_str().into());
        let arguments = match self.known_signature() {
            Some(signature) => map([sum, ("signature", signature.into())]),
            None => map([sum]),
        };
        self.call(Purpose::Verify, LONG, VERIFY, arguments);
    }

    pub(crate) fn verified(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(reply) if reply.get("valid").is_true() => {
                self.step_allowed();
                if self.known_signature().is_some() {
                    self.job.signed = Signature::Good;
                }
                self.run(Step::Test);
            }
            Ok(reply) if self.is_forged(&reply) => self.fail(forged()),
            Ok(reply) => {
                let why = reply.get("error").text();
                let general = w!("The SHA-256 of the file on the router differs from the image’s.");
                self.fail(damaged(why.unwrap_or(general)).retry(Step::Upload));
            }
            Err(refusal) => self.refused(refusal, VERIFY, Step::Verify),
        }
    }

    pub(crate) fn test(&mut self) {
        self.go(State::Testing);
        self.call(Purpose::Test, LONG, TEST, map([]));
    }

    pub(crate) fn tested(&mut self, reply: Reply) {
        match ubus_reply(reply).map(|json| read::test(&json)) {
            Ok(reply) if reply.valid => {
                self.step_allowed();
                self.form.keep = reply.allow_backup && !self.loses_settings();
                self.test = reply;
                self.backup = Backup::Offered;
                self.go(State::Confirm);
            }
            Ok(reply) => self.fail(image_refused(&reply).retry(Step::Upload)),
            Err(refusal) => self.refused(refusal, TEST, Step::Test),
        }
    }

    pub(crate) fn start(&mut self) {
        self.go(State::Flashing);
        self.claim(Step::Start);
    }

    pub(crate) fn order(&mut self) {
        let keep = self.form.keep && self.test.allow_backup;
        let arguments = map([("keep", keep.into())]);
        self.call(Purpose::Start, 30_000, START, arguments);
    }

    pub(crate) fn started(&mut self, reply: Reply) {
        match ubus_reply(reply) {
            Ok(reply) if !reply.get("started").is_true() => {
                self.fail(not_started(&reply).retry(Step::Upload));
            }
            // The router may go down before its answer is out: whether it flashes shows by itself.
            Ok(_) | Err(Refusal::Unreachable(_) | Refusal::Late | Refusal::Http(_)) => {
                self.begin_waiting();
            }
            Err(refusal) => self.refused(refusal, START, Step::Start),
        }
    }

    /// The router flashes; the image is needed no more.
    pub(crate) fn begin_waiting(&mut self) {
        self.uploaded = false;
        self.job.downloaded = false;
        self.out.push(Effect::Discard);
        self.restart = Restart {
            started: self.now,
            from: self.router.version.clone(),
            ..Restart::default()
        };
        // The place to go on at is the same as while flashing, but now it has a time.
        self.remember();
        self.run(Step::Await);
    }
}

fn image_refused(reply: &TestReply) -> Trouble {
    let failed: Vec<&str> = reply
        .failed
        .iter()
        .map(|name| match name.as_str() {
            "fwtool_device_match" => w!("it is not made for this device"),
            "fwtool_signature" => w!("its signature is not trusted"),
            other => other,
        })
        .collect();
    let why = if failed.is_empty() {
        w!("The router’s own check of the image failed.").to_owned()
    } else {
        w!(
            "The router’s own check of the image failed: {0}.",
            failed.join("; ")
        )
    };
    let mut trouble = Trouble::new(
        "image-refused",
        w!("The router does not accept this image"),
        why,
        w!("Do not force it: an unsuitable image can make the router unusable. Go back and choose another version."),
    )
    .settled();
    reply.error.clone_into(&mut trouble.log);
    trouble
}

fn not_started(reply: &Json) -> Trouble {
    let why = reply.get("error").text();
    let why = why.unwrap_or(w!("The router did not say why."));
    Trouble::new(
        "not-started",
        w!("The router did not start the upgrade"),
        why,
        w!("Nothing was written. Try again: the image is sent and tested once more."),
    )
}
