//! `GET /api/v1/build/{request_hash}/events`: a build as it goes, as server-sent events.
//!
//! The store is looked at once a second for each stream, so it makes no difference which process
//! builds; only the ImageBuilder's own words are known nowhere else before the build has ended. Whoever
//! cannot be served so polls.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use asu_store::{Job, State as JobState};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::path::Path;
use crate::{Api, Offer, builds, status};

/// Streams at once; more are told to poll.
pub(crate) const STREAMS: usize = 256;
/// The time between two looks.
const PACE: Duration = Duration::from_secs(1);
/// The time between two comments, so that no proxy takes a long build for a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// No build takes so long; a browser asks again by itself.
const LONGEST: Duration = Duration::from_hours(1);

/// What a `status` and the `end` event say; the keys are those of the answer to a poll.
#[derive(Serialize, PartialEq, ToSchema)]
pub(crate) struct Progress {
    /// 200 finished, 202 queued or started, 500 failed.
    status: u16,
    /// The request's identity.
    request_hash: String,
    /// How far the build is.
    imagebuilder_status: String,
    /// `done`, `queued`, `started`, or what went wrong.
    detail: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    cause: String,
    /// How many builds are before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_position: Option<u32>,
    /// When it is likely to be finished, seconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate_seconds: Option<u32>,
}

struct Follower<O> {
    api: Api<O>,
    request_hash: String,
    told: Option<Progress>,
    /// How many lines of the log were sent.
    lines: usize,
    /// How many lines of the ImageBuilder's were sent.
    heard: usize,
    ready: VecDeque<Event>,
    looked: bool,
    ended: bool,
    began: Instant,
    _place: OwnedSemaphorePermit,
}

/// Follow a build as it goes.
///
/// Server-sent events, which a browser reads with `EventSource`. `log` is a line of what happened so
/// far, with its number as `id`; `output` is a line the ImageBuilder says, while it runs on the server
/// that is asked (all of them are in the build log later); `status` is sent at first and at each change,
/// `end` when the build is finished; the data of both is a `Progress`. Every 15 seconds without news
/// there is a comment.
#[utoipa::path(
    get,
    path = "/api/v1/build/{request_hash}/events",
    tag = "builds",
    params(
        ("request_hash" = String, Path, pattern = "^[0-9a-f]{64}$",
            description = "The request's identity, from the answer to it."),
        ("Last-Event-ID" = Option<u32>, Header,
            description = "The number of the last line seen; the log goes on after it."),
    ),
    responses(
        (status = 200, body = String, content_type = "text/event-stream",
            description = "Events, until the build is finished."),
        (status = 404, body = Told, description = "Nobody asked for it, or the answer has \
            expired (`unknown-request`)."),
        (status = 503, body = Told, description = "Too many clients follow builds (`overloaded`); \
            poll instead.",
            headers(("Retry-After" = u32, description = "when to ask again, seconds"))),
    ),
)]
pub(crate) async fn follow<O: Offer>(
    State(api): State<Api<O>>,
    Path(request_hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let known = api.store.job(&request_hash, api.now()).await?;
    known.ok_or_else(Failure::unknown_request)?;
    let place = api.hot.stream().ok_or_else(Failure::too_many_streams)?;
    let follower = Follower {
        api,
        request_hash,
        told: None,
        lines: lines_seen(&headers),
        heard: 0,
        ready: VecDeque::new(),
        looked: false,
        ended: false,
        began: Instant::now(),
        _place: place,
    };
    let events = stream::unfold(follower, Follower::next);
    let alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

/// A browser that lost the connection says which line it has seen last.
fn lines_seen(headers: &HeaderMap) -> usize {
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok());
    last.and_then(|id| id.parse().ok()).unwrap_or(0)
}

impl<O: Offer> Follower<O> {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.ended || self.api.hot.is_closed() || self.began.elapsed() > LONGEST {
                return None;
            }
            if std::mem::replace(&mut self.looked, true) {
                tokio::time::sleep(PACE).await;
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let job = self.api.store.job(&self.request_hash, self.api.now());
        match job.await {
            Ok(Some(job)) => self.tell(job).await,
            // It has expired meanwhile.
            Ok(None) => self.ended = true,
            Err(error) => {
                tracing::error!(%error, "a build cannot be followed");
                self.ended = true;
            }
        }
    }

    async fn tell(&mut self, job: Job) {
        self.tell_log(&job.log);
        self.tell_output();
        self.ended = matches!(job.state, JobState::Done(_) | JobState::Failed(_));
        let estimate = builds::estimate(&self.api, &job).await;
        let answer = status::told(job);
        let progress = Progress {
            status: answer.status,
            request_hash: answer.request_hash,
            imagebuilder_status: answer.imagebuilder_status,
            detail: answer.detail,
            cause: answer.cause,
            queue_position: answer.queue_position,
            estimate_seconds: estimate,
        };
        if self.told.as_ref() == Some(&progress) {
            return;
        }
        let name = if self.ended { "end" } else { "status" };
        if let Ok(event) = Event::default().event(name).json_data(&progress) {
            self.ready.push_back(event);
        }
        self.told = Some(progress);
    }

    fn tell_output(&mut self) {
        let talk = self.api.hot.talk();
        let (lines, heard) = talk.after(&self.request_hash, self.heard);
        self.heard = heard;
        for line in lines {
            let event = Event::default().event("output");
            self.ready.push_back(event.data(line.replace('\r', " ")));
        }
    }

    fn tell_log(&mut self, log: &str) {
        // Asked for anew, the request begins a new log.
        if log.lines().count() < self.lines {
            self.lines = 0;
        }
        for line in log.lines().skip(self.lines) {
            self.lines += 1;
            let event = Event::default().event("log").id(self.lines.to_string());
            self.ready.push_back(event.data(line.replace('\r', " ")));
        }
    }
}
