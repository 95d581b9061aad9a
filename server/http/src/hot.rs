//! What is asked again and again, kept in memory as the bytes that are sent.
//!
//! Two things are kept, both bounded by bytes: answers of finished requests, which change only by
//! verdicts of rebuilds until they expire, and documents, which are made anew once a second at most and packed anew only
//! if they have changed. Nothing here is the truth; the store and the catalog are.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use asu_store::{Job, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use jiff::Timestamp;
use moka::{future, sync};
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::askers::Askers;
use crate::events::STREAMS;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::ready::Ready;
use crate::status;
use crate::talk::Talk;

/// Bytes for answers; some hundreds of images.
const ANSWERS: u64 = 6 << 20;
/// Bytes for documents: the overview and a dozen package indexes.
const DOCUMENTS: u64 = 8 << 20;
/// Bytes for the bodies of requests whose answer is known.
const BODIES: u64 = 2 << 20;
/// Longer bodies are read each time.
pub(crate) const LONGEST_BODY: usize = 16 * 1024;
/// How long a body stands for the same request: the catalog may learn of other aliases.
const BODY_AGE: Duration = Duration::from_secs(10);
/// How long a document is given out before it is made anew.
const DOCUMENT_AGE: Duration = Duration::from_secs(1);
/// A worker elsewhere that was silent for so long is not counted any more.
const WORKER_SILENCE: Duration = Duration::from_mins(2);
/// Workers that are counted.
const WORKERS: u64 = 10_000;
/// How long a document nobody asks for is remembered, to be compared with.
const MEMORY: Duration = Duration::from_mins(10);

/// Answers kept ready, and the counters of who asked. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Hot(Arc<Caches>);

type Body = Box<[u8]>;

struct Caches {
    answers: sync::Cache<String, Arc<Kept>>,
    bodies: sync::Cache<Body, Arc<str>>,
    fresh: future::Cache<String, Arc<Ready>>,
    last: sync::Cache<String, Arc<Ready>>,
    metrics: Metrics,
    askers: Askers,
    streams: Arc<Semaphore>,
    talk: Talk,
    workers: sync::Cache<String, ()>,
    cancelled: Notify,
    closed: AtomicBool,
}

struct Kept {
    ready: Ready,
    until: Timestamp,
}

impl Default for Hot {
    fn default() -> Self {
        let weight = |path: &String, ready: &Arc<Ready>| ready.weight() + length(path.as_bytes());
        Self(Arc::new(Caches {
            answers: sync::Cache::builder()
                .max_capacity(ANSWERS)
                .weigher(|_, kept: &Arc<Kept>| kept.ready.weight())
                .build(),
            bodies: sync::Cache::builder()
                .max_capacity(BODIES)
                .weigher(|body: &Body, _| length(body) + 256)
                .time_to_live(BODY_AGE)
                .build(),
            fresh: future::Cache::builder()
                .max_capacity(DOCUMENTS)
                .weigher(weight)
                .time_to_live(DOCUMENT_AGE)
                .build(),
            last: sync::Cache::builder()
                .max_capacity(DOCUMENTS)
                .weigher(weight)
                .time_to_idle(MEMORY)
                .build(),
            metrics: Metrics::default(),
            askers: Askers::default(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            talk: Talk::default(),
            workers: sync::Cache::builder()
                .max_capacity(WORKERS)
                .time_to_live(WORKER_SILENCE)
                .build(),
            cancelled: Notify::default(),
            closed: AtomicBool::new(false),
        }))
    }
}

impl Hot {
    /// Ends event streams, keeps no worker waiting, and lets nobody believe that this server is
    /// ready: it stops.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }

    /// Forgets every answer that is kept; all are made anew when they are asked for.
    pub fn forget(&self) {
        self.0.answers.invalidate_all();
        self.0.bodies.invalidate_all();
        self.0.fresh.invalidate_all();
    }

    /// Forgets the answers of finished requests, on which there may be new verdicts.
    pub fn forget_answers(&self) {
        self.0.answers.invalidate_all();
    }

    /// A build begins: what an earlier try said is forgotten.
    pub fn begin_talk(&self, request_hash: &str) {
        self.0.talk.begin(request_hash);
    }

    /// Passes on what a build of this process says, whole lines, to those who follow it.
    pub fn pass_on(&self, request_hash: &str, lines: &str) {
        self.0.talk.add(request_hash, lines);
    }

    pub(crate) fn talk(&self) -> &Talk {
        &self.0.talk
    }

    /// Told when a build was cancelled: whoever builds it need not wait for its next heartbeat.
    pub fn cancelled(&self) -> &Notify {
        &self.0.cancelled
    }

    /// A worker elsewhere gave a sign of life.
    pub(crate) fn worker_seen(&self, worker: &str) {
        self.0.workers.insert(worker.to_owned(), ());
    }

    /// A worker elsewhere said that it goes.
    pub(crate) fn worker_gone(&self, worker: &str) {
        self.0.workers.invalidate(worker);
    }

    /// How many workers elsewhere gave a sign of life to this server lately.
    pub(crate) fn workers(&self) -> u32 {
        self.0.workers.run_pending_tasks();
        u32::try_from(self.0.workers.entry_count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    /// A place for an event stream, while there is one.
    pub(crate) fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.streams).try_acquire_owned().ok()
    }

    pub(crate) fn askers(&self) -> &Askers {
        &self.0.askers
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The answer of a finished request, if it is at hand and has not expired.
    pub(crate) fn answer(
        &self,
        request_hash: &str,
        now: Timestamp,
        asked: &HeaderMap,
    ) -> Option<Response> {
        let kept = self.0.answers.get(request_hash)?;
        (now < kept.until).then(|| kept.ready.respond(asked))
    }

    /// The answer of a job, kept if it is finished.
    ///
    /// `estimate` is when one that waits is likely to be finished, seconds.
    pub(crate) fn keep(&self, job: Job, estimate: Option<u32>, asked: &HeaderMap) -> Response {
        // One that was cancelled may be asked for again at any time.
        let finished = matches!(job.state, State::Done(_) | State::Failed(_)) && !job.cancelled;
        let (Some(until), true) = (job.expires_at, finished) else {
            return status::answer(job, estimate);
        };
        let hash = job.request_hash.clone();
        let Some(ready) = status::ready(job) else {
            return Failure::unwritable().into_response();
        };
        let response = ready.respond(asked);
        let kept = Arc::new(Kept { ready, until });
        self.0.answers.insert(hash, kept);
        response
    }

    /// The identity of the request that these very bytes were lately understood as.
    pub(crate) fn hash_of(&self, body: &[u8]) -> Option<Arc<str>> {
        self.0.bodies.get(body)
    }

    /// Remembers what a body was understood as.
    pub(crate) fn learn(&self, body: &[u8], request_hash: &str) {
        if body.len() <= LONGEST_BODY {
            self.0.bodies.insert(body.into(), request_hash.into());
        }
    }

    /// The document at `path`, if it is at hand.
    pub(crate) fn kept(&self, path: &str, asked: &HeaderMap) -> Option<Response> {
        // Never waits: that is for caches that write what they drop, and this one does not.
        let ready = self.0.fresh.get(path).now_or_never()??;
        Some(ready.respond(asked))
    }

    /// The document at `path`, under which [`Hot::kept`] finds it; `make` is asked for it once a second, however many ask here.
    pub(crate) async fn document<T: Serialize>(
        &self,
        path: &str,
        asked: &HeaderMap,
        make: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Response, Failure> {
        let fresh = &self.0.fresh;
        if let Some(ready) = fresh.get(path).await {
            return Ok(ready.respond(asked));
        }
        let ready = fresh.try_get_with(path.to_owned(), self.rendered(path, make));
        let ready = ready.await.map_err(|failure| (*failure).clone())?;
        Ok(ready.respond(asked))
    }

    async fn rendered<T: Serialize>(
        &self,
        path: &str,
        make: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Arc<Ready>, Failure> {
        let json = serde_json::to_vec(&make.await?).map_err(|_| Failure::unwritable())?;
        let last = self.0.last.get(path).filter(|last| last.says(&json));
        if let Some(same) = last {
            return Ok(same);
        }
        let ready = Arc::new(Ready::new(StatusCode::OK, [], json));
        self.0.last.insert(path.to_owned(), Arc::clone(&ready));
        Ok(ready)
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
