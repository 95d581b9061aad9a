//! Requesting a build and following it to its end.

use asu_protocol::build::stage;

use super::Step;
use super::calls::Purpose;
use crate::effect::{Body, Reply};
use crate::image::choose;
use crate::json::Json;
use crate::model::{Job, Model};
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

impl Model {
    pub(crate) fn request(&mut self) {
        let Some((version, request)) = self
            .plan()
            .and_then(|plan| Some((plan.to.version.clone(), self.chosen(plan)?)))
        else {
            return self.run(Step::Search);
        };
        self.job = Job {
            version,
            started: self.now,
            ..Job::default()
        };
        self.rejected.clear();
        self.too_big = false;
        self.go(State::Requesting);
        let body = signed(request).to_string();
        self.ask(Purpose::Build, 60_000, "/api/v1/build", Some(body));
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
        let path = format!("/api/v1/build/{}", self.job.hash);
        self.ask(Purpose::Poll, STATUS, &path, None);
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
        if hash_is_new {
            self.job.hash = answer.request_hash;
            self.remember();
        }
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
            self.go(state);
            self.job.moved = self.now;
        }
        // Short builds are seen soon, long queues are not hammered.
        let waited = self.now.saturating_sub(self.job.started);
        self.job.next_poll = self.now + if waited < 60_000 { 2_000 } else { 5_000 };
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
                self.remember();
                self.run(Step::Download);
            }
            Err(kinds) => self.fail(no_image(&kinds).retry(Step::Request)),
        }
    }

    pub(crate) fn forget_job(&mut self) {
        self.job = Job::default();
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

fn read(reply: &Reply) -> Option<(u16, Build)> {
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
