//! Requesting a build and following it to its end.

use asu_protocol::build::stage;

use super::Step;
use super::calls::Purpose;
use crate::effect::{Body, Effect, Reply};
use crate::image::choose;
use crate::json::Json;
use crate::model::{BuildLog, Job, Model};
use crate::read::{self, Build};
use crate::state::State;
use crate::trouble::{Asked, Trouble};
use crate::words::w;

/// How this client names itself in the server's statistics.
const CLIENT: &str = concat!("asu-view/", env!("CARGO_PKG_VERSION"));
/// How long one answer about a build may take.
const STATUS: u64 = 20_000;
/// How long the server may be silent while a build is followed before that is a failure.
const PATIENCE: u64 = 120_000;

/// How long to wait before a stream of news that ended is opened again.
const REOPEN: u64 = 15_000;

impl Model {
    /// Asks for what the plan says; after a reload, for what was asked before.
    pub(crate) fn request(&mut self) {
        let planned = self
            .plan()
            .and_then(|plan| Some((plan.to.version.clone(), signed(self.chosen(plan)?))));
        let before = Some(&self.job)
            .filter(|job| job.request != Json::Null)
            .map(|job| (job.version.clone(), job.request.clone()));
        let Some((version, request)) = planned.or(before) else {
            return self.run(Step::Search);
        };
        self.stop_rebuilds();
        let body = Some(request.to_string());
        self.job = Job {
            version,
            request,
            started: self.now,
            ..Job::default()
        };
        self.rejected.clear();
        self.too_big = false;
        self.go(State::Requesting);
        let url = self.build_url("");
        self.send_build(Purpose::Build, 60_000, url, body);
    }

    fn send_build(&mut self, purpose: Purpose, within: u64, url: String, body: Option<String>) {
        let id = self.expect(purpose, within);
        let token = self.job.token.clone();
        self.out.push(Effect::Build {
            id,
            url,
            body,
            token,
        });
    }

    /// Where the server answers about the build.
    fn build_url(&self, end: &str) -> String {
        let server = self.server.as_deref().unwrap_or_default();
        let slash = if self.job.hash.is_empty() { "" } else { "/" };
        [server, "/api/v1/build", slash, &self.job.hash, end].concat()
    }

    /// Tells the server that nobody waits here any more; it stops a build nobody waits for.
    pub(crate) fn withdraw(&mut self) {
        let is_waiting = self.job.image.name.is_empty() && !self.job.hash.is_empty();
        if is_waiting && !self.job.token.is_empty() {
            let url = self.build_url("");
            self.send_build(Purpose::Background, STATUS, url, None);
        }
    }

    /// Asks after a build that was requested before.
    pub(crate) fn resume_job(&mut self) {
        if self.job.hash.is_empty() {
            return self.run(Step::Request);
        }
        self.job.started = self.now;
        self.job.moved = self.now;
        self.job.failing_since = None;
        self.go(State::Queued);
        self.poll();
    }

    pub(crate) fn poll(&mut self) {
        let url = self.build_url("");
        let id = self.expect(Purpose::Poll, STATUS);
        let body = None;
        self.out.push(Effect::Http { id, url, body });
    }

    /// Listens to what the builder says, where the server tells it.
    fn listen(&mut self) {
        let is_due = self.now >= self.job.next_follow;
        if self.job.token.is_empty() || !is_due || self.is_calling(Purpose::Follow) {
            return;
        }
        self.job.log = BuildLog::default();
        let url = self.build_url("/events");
        let id = self.expect(Purpose::Follow, u64::MAX);
        self.out.push(Effect::Follow { id, url });
    }

    pub(crate) fn said(&mut self, id: u32, text: &str) {
        let is_ours = |call: &super::Call| call.id == id && call.purpose == Purpose::Follow;
        if self.calls.iter().any(is_ours) && self.job.log.hear(text) {
            self.job.next_poll = self.now;
        }
    }

    /// A stream that was refused is not asked for again.
    pub(crate) fn stopped_following(&mut self, reply: &Reply) {
        self.job.next_follow = match reply {
            Reply::Http { status: 200, .. } | Reply::Failed(_) => self.now + REOPEN,
            _ => u64::MAX,
        };
    }

    pub(crate) fn requested(&mut self, reply: &Reply) {
        if let Some((200 | 202, answer)) = read(reply) {
            return self.follow(answer);
        }
        let trouble = self.server_says(Asked::Build, reply);
        self.fail(trouble.retry(Step::Request));
    }

    pub(crate) fn polled(&mut self, reply: &Reply) {
        if let Some((200 | 202, answer)) = read(reply) {
            self.job.failing_since = None;
            return self.follow(answer);
        }
        if is_passing(reply) {
            return self.be_patient(reply);
        }
        let trouble = self.server_says(Asked::Progress, reply);
        self.forget_job();
        self.fail(trouble.retry(Step::Request));
    }

    /// A build outlives a lost connection, so silence is forgiven for a while.
    fn be_patient(&mut self, reply: &Reply) {
        let since = *self.job.failing_since.get_or_insert(self.now);
        if self.now.saturating_sub(since) > PATIENCE {
            let trouble = self.server_says(Asked::Progress, reply);
            return self.fail(trouble.retry(Step::Poll));
        }
        self.job.next_poll = self.now + 5_000;
    }

    fn follow(&mut self, answer: Build) {
        if !answer.images.is_empty() || answer.detail == stage::DONE {
            return self.built(answer);
        }
        let is_queued = answer.position.is_some()
            || answer.stage == stage::QUEUED
            || answer.detail == stage::QUEUED;
        let hash_is_new = self.job.hash.is_empty();
        if hash_is_new && answer.request_hash.is_empty() {
            let trouble = self.server_says(
                Asked::Build,
                &Reply::Http {
                    status: 200,
                    body: Body::Text(String::new()),
                },
            );
            return self.fail(trouble.retry(Step::Request));
        }
        if !answer.token.is_empty() {
            self.job.token = answer.token;
        }
        if hash_is_new {
            self.job.hash = answer.request_hash;
            self.remember();
        }
        self.job.expected = answer.estimate.map(|seconds| self.now + seconds * 1000);
        if self.job.position != answer.position || self.job.stage != answer.stage {
            self.job.position = answer.position;
            self.job.stage = answer.stage;
            self.job.moved = self.now;
        }
        self.enter_wait(if is_queued {
            State::Queued
        } else {
            State::Building
        });
    }

    fn enter_wait(&mut self, state: State) {
        if self.state != state {
            self.enter(state);
            self.job.moved = self.now;
        }
        self.listen();
        // Short builds are seen soon, long queues are not hammered.
        let waited = self.now.saturating_sub(self.job.started);
        let pause = match waited {
            _ if self.is_calling(Purpose::Follow) => 10_000,
            ..60_000 => 2_000,
            _ => 5_000,
        };
        self.job.next_poll = self.now + pause;
    }

    fn built(&mut self, answer: Build) {
        match choose(&answer.images, &self.as_wished()) {
            Ok(image) => {
                if !answer.request_hash.is_empty() {
                    self.job.hash.clone_from(&answer.request_hash);
                }
                if !answer.version_number.is_empty() {
                    self.job.version.clone_from(&answer.version_number);
                }
                self.job.image = image;
                self.job.answer = answer;
                self.start_rebuilds();
                self.remember();
                self.run(Step::Download);
            }
            Err(kinds) => self.fail(no_image(&kinds).retry(Step::Request)),
        }
    }

    /// Forgets the build, but not what was asked for.
    pub(crate) fn forget_job(&mut self) {
        self.stop_rebuilds();
        self.job = Job {
            version: std::mem::take(&mut self.job.version),
            request: std::mem::take(&mut self.job.request),
            ..Job::default()
        };
        self.remember();
    }
}

/// The plan's own request, with the name of this client.
fn signed(request: Json) -> Json {
    match request {
        Json::Map(mut members) => {
            members.retain(|(name, _)| name != "client");
            members.push(("client".to_owned(), CLIENT.into()));
            Json::Map(members)
        }
        other => other,
    }
}

/// Whether a failure says nothing about the build itself.
fn is_passing(reply: &Reply) -> bool {
    match reply {
        Reply::Failed(_) | Reply::TimedOut => true,
        Reply::Http { status, .. } => matches!(status, 429 | 502..=504 | 529),
        Reply::Digest { .. } => false,
    }
}

pub(super) fn read(reply: &Reply) -> Option<(u16, Build)> {
    match reply {
        Reply::Http {
            status,
            body: Body::Json(json),
        } => Some((*status, read::build(json)?)),
        _ => None,
    }
}

fn no_image(kinds: &[String]) -> Trouble {
    let what = if kinds.is_empty() {
        w!("The build has no image files at all.").to_owned()
    } else {
        w!(
            "The build has these kinds of image: {0}. None of them can be flashed from a running system of this router.",
            kinds.join(", ")
        )
    };
    Trouble::new(
        "no-image",
        w!("There is no image this router can flash"),
        what,
        w!("Look the device up in the OpenWrt table of hardware: it may need a manual installation."),
    )
    .settled()
}
