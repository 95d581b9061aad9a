use asu_protocol::build::{BuildRequest, REBUILD_CLIENT};
use asu_store::{Admission, Job, State as JobState, Store, StoreError, Tempo, request_hash};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::askers::Entry;
use crate::failure::{Failure, Told, cut};
use crate::guard::Asker;
use crate::path::Path;
use crate::status::Standing;
use crate::{Api, Hot, Offer, body, cancel, signed};

/// Ask for a build.
///
/// Queues it, or joins the same one that is known: requests for the same image are one job, however
/// they are written. Aliases of a profile are resolved and packages are sorted before the request is
/// given its `request_hash`. Unknown fields are ignored.
#[utoipa::path(
    post,
    path = "/api/v1/build",
    tag = "builds",
    request_body = BuildRequest,
    responses(
        Standing,
        (status = 400, body = Told, description = "This server does not build that. `cause` is \
            `unsupported-distro`, `unsupported-branch`, `unsupported-version`, \
            `unsupported-target`, `unsupported-profile`, `defaults-not-allowed`, \
            `file-not-allowed` or `repository-not-allowed`; or the body ended too soon (`broken-body`)."),
        (status = 422, body = Told, description = "A field is missing or has the wrong form; \
            `detail` names it (`invalid-request`)."),
        (status = 529, body = Told, description = "Too many builds wait (`overloaded`).",
            headers(("Retry-After" = u32, description = "when to ask again, seconds"))),
    ),
)]
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    asker: Asker,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let bytes = bytes.map_err(|_| Failure::too_large())?;
    if let Some(answer) = known(&api, &headers, &bytes, asker).await? {
        return Ok(counted(&api, answer));
    }
    let mut request = body::read(&headers, &bytes, &api.limits)?;
    // Answers are shared by all who ask the same, so who asked first is nobody's business.
    let client = request.client.take();
    let canonical = api.offer.canonical(request).await?;
    let hash = request_hash(&canonical);
    let client = client.as_deref();
    // What is learned stands for people's requests.
    if client != Some(REBUILD_CLIENT) {
        api.hot.learn(&bytes, &hash);
    }
    if let Some(answer) = api.hot.answer(&hash, api.now(), &headers) {
        return Ok(counted(&api, answer));
    }
    for _ in 0..TRIES {
        let job = queue(&api, &canonical, client, asker).await?;
        if let Some(answer) = awaited(&api, job, &headers).await? {
            return Ok(counted(&api, answer));
        }
    }
    Err(Failure::overloaded(api.limits.max_pending))
}

/// How often a request is queued again that others cancel in the very moment it joins them.
const TRIES: u32 = 3;

/// The answer to who asked for a job, with the token by which it may withdraw; none, if the job was
/// cancelled.
async fn awaited<O: Offer>(
    api: &Api<O>,
    job: Job,
    headers: &HeaderMap,
) -> Result<Option<Response>, Failure> {
    let token = match cancel::wait(api, &job, headers).await {
        Ok(token) => token,
        Err(None) => return Ok(None),
        Err(Some(failure)) => return Err(failure),
    };
    let mut answer = told(api, job, headers).await?;
    if let Some(token) = token {
        answer.headers_mut().insert(cancel::TOKEN, token);
    }
    Ok(Some(answer))
}

/// Queues a canonical request and wakes the worker, or joins the same one that is known.
pub(crate) async fn queue<O>(
    api: &Api<O>,
    canonical: &BuildRequest,
    client: Option<&str>,
    Asker(address): Asker,
) -> Result<Job, NotQueued> {
    let (hash, now) = (request_hash(canonical), api.now());
    let askers = api.hot.askers();
    let wish = (hash.as_str(), canonical);
    let entry = match address {
        Some(address) => {
            let store = (&api.store, now);
            askers.enter(address, wish, store, &api.limits).await?
        }
        None => Entry::Known,
    };
    let who = match client {
        Some(REBUILD_CLIENT) => api.store.client(address).behind(),
        _ => api.store.client(address),
    };
    if entry == Entry::Crowded {
        let known = api.store.job(&hash, now).await?;
        let known = known.filter(|job| !job.cancelled);
        let known = known.ok_or(NotQueued::Crowded)?;
        return Ok(api.store.join(&who, known, now).await?);
    }
    let most = api.limits.max_pending;
    let admission = api.store.enqueue_for(&who, canonical, now, most).await;
    let is_new = matches!(admission, Ok(Admission::Queued(_)));
    if let (Some(address), Entry::New, false) = (address, entry, is_new) {
        askers.leave(address, &hash);
    }
    match admission? {
        Admission::Full { pending } => Err(NotQueued::Full { pending }),
        Admission::Joined(job) => Ok(job),
        Admission::Queued(job) => {
            let client = client.map(|name| cut(name, 100));
            tracing::info!(request_hash = job.request_hash, ?client, "queued");
            api.wake.notify_one();
            Ok(job)
        }
    }
}

/// Why a request that is well-formed was not queued.
pub(crate) enum NotQueued {
    /// Too many builds wait.
    Full {
        /// How many.
        pending: u32,
    },
    /// Too many of them are of the one who asks.
    Crowded,
    /// The store failed.
    Broken(StoreError),
}

impl From<StoreError> for NotQueued {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl From<NotQueued> for Failure {
    fn from(reason: NotQueued) -> Self {
        match reason {
            NotQueued::Full { pending } => Self::overloaded(pending),
            NotQueued::Crowded => Self::too_many_builds(),
            NotQueued::Broken(error) => error.into(),
        }
    }
}

/// Counts a request that was accepted; it is a hit if there is an answer already.
fn counted<O>(api: &Api<O>, answer: Response) -> Response {
    api.hot
        .metrics()
        .asked(answer.status() != StatusCode::ACCEPTED);
    answer
}

/// The answer to bytes that were understood a moment ago, without understanding them again.
async fn known<O: Offer>(
    api: &Api<O>,
    headers: &HeaderMap,
    bytes: &[u8],
    Asker(address): Asker,
) -> Result<Option<Response>, Failure> {
    if !body::says_json(headers) {
        return Ok(None);
    }
    let Some(hash) = api.hot.hash_of(bytes) else {
        return Ok(None);
    };
    if let Some(answer) = api.hot.answer(&hash, api.now(), headers) {
        return Ok(Some(answer));
    }
    match api.store.job(&hash, api.now()).await? {
        Some(job) if !job.cancelled => {
            let client = api.store.client(address);
            let job = api.store.join(&client, job, api.now()).await?;
            awaited(api, job, headers).await
        }
        _ => Ok(None),
    }
}

async fn found<O: Offer>(
    api: &Api<O>,
    hash: &str,
    headers: &HeaderMap,
) -> Result<Option<Response>, Failure> {
    let now = api.now();
    if let Some(answer) = api.hot.answer(hash, now, headers) {
        return Ok(Some(answer));
    }
    let job = api.store.job(hash, now).await?;
    Ok(match job {
        Some(job) => Some(told(api, job, headers).await?),
        None => None,
    })
}

/// The answer of a job that waits in a long queue, from memory.
pub(crate) fn glance(
    (store, hot): (&Store, &Hot),
    hash: &str,
    now: Timestamp,
    headers: &HeaderMap,
) -> Option<Response> {
    let (job, tempo) = store.glance(hash, now)?;
    let estimate = until_done(&job, tempo);
    Some(hot.keep(job, estimate, headers))
}

async fn told<O: Offer>(api: &Api<O>, job: Job, headers: &HeaderMap) -> Result<Response, Failure> {
    let estimate = estimate(api, &job).await;
    let job = api.with_rebuilds(job).await?;
    Ok(api.hot.keep(job, estimate, headers))
}

/// When a job that waits is likely to be finished, seconds; nothing while nothing was built.
pub(crate) async fn estimate<O: Offer>(api: &Api<O>, job: &Job) -> Option<u32> {
    if !matches!(job.state, JobState::Queued { .. }) {
        return None;
    }
    let tempo = api.store.tempo(api.now()).await;
    let tempo = tempo.inspect_err(|error| tracing::warn!(%error, "there is no estimate"));
    until_done(job, tempo.ok()?)
}

fn until_done(job: &Job, tempo: Option<Tempo>) -> Option<u32> {
    let JobState::Queued { position } = job.state else {
        return None;
    };
    u32::try_from(tempo?.until_done(position).as_secs()).ok()
}

/// How a build stands.
///
/// The same answer as to the request itself. With `.sig` behind the hash it is the signature of that
/// answer's bytes, in the form of usign. The headers tell the state without the body, so poll
/// with `HEAD`.
#[utoipa::path(
    method(get, head),
    path = "/api/v1/build/{request_hash}",
    tag = "builds",
    params(("request_hash" = String, Path, pattern = "^[0-9a-f]{64}$",
        description = "The request's identity, from the answer to it.")),
    responses(
        Standing,
        (status = 404, body = Told, description = "Nobody asked for it, or the answer has \
            expired (`unknown-request`)."),
    ),
)]
pub(crate) async fn look<O: Offer>(
    State(api): State<Api<O>>,
    Path(request_hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(hash) = request_hash.strip_suffix(".sig") {
        return signed::serve(&api, hash).await;
    }
    let found = found(&api, &request_hash, &headers).await?;
    found.ok_or_else(Failure::unknown_request)
}

/// How much there is to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// Builds that wait.
    queue_length: u32,
}

/// The length of the queue.
#[utoipa::path(get, path = "/api/v1/stats", tag = "statistics",
    responses((status = 200, body = Waiting, description = "How many builds wait.")))]
pub(crate) async fn stats<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Waiting>, Failure> {
    let load = api.store.load(api.now()).await?;
    let queue_length = load.pending;
    Ok(Json(Waiting { queue_length }))
}
