use asu_protocol::build::BuildRequest;
use asu_store::{Admission, Job, StoreError, request_hash};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::path::Path;
use crate::status::Standing;
use crate::{Api, Offer, body};

/// Ask for a build.
///
/// Queues it, or joins the same one that is known: requests for the same image are one job, however
/// they are written. Aliases of a profile are resolved and packages are sorted before the request is
/// given its `request_hash`. Unknown fields are ignored, but `repositories` is refused.
#[utoipa::path(
    post,
    path = "/api/v1/build",
    tag = "builds",
    request_body = BuildRequest,
    responses(
        Standing,
        (status = 400, body = Told, description = "This server does not build that. `cause` is \
            `unsupported-distro`, `unsupported-branch`, `unsupported-version`, \
            `unsupported-target`, `unsupported-profile`, `defaults-not-allowed` or \
            `repository-not-allowed`."),
        (status = 422, body = Told, description = "A field is missing or has the wrong form; \
            `detail` names it (`invalid-request`)."),
        (status = 529, body = Told, description = "Too many builds wait (`overloaded`).",
            headers(("Retry-After" = u32, description = "when to ask again, seconds"))),
    ),
)]
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let bytes = bytes.map_err(|_| Failure::too_large())?;
    if let Some(answer) = known(&api, &headers, &bytes).await? {
        return Ok(counted(&api, answer));
    }
    let mut request = body::read(&headers, &bytes, &api.limits)?;
    // Answers are shared by all who ask the same, so who asked first is nobody's business.
    let client = request.client.take();
    let canonical = api.offer.canonical(request).await?;
    let hash = request_hash(&canonical);
    if let Some(answer) = api.hot.answer(&hash, api.now(), &headers) {
        api.hot.learn(&bytes, &hash);
        return Ok(counted(&api, answer));
    }
    let job = match queue(&api, &canonical, client.as_deref()).await? {
        Admission::Full { pending } => return Err(Failure::overloaded(pending)),
        Admission::Joined(job) | Admission::Queued(job) => job,
    };
    api.hot.learn(&bytes, &hash);
    let answer = told(&api, job, &headers).await;
    Ok(counted(&api, answer))
}

/// Queues a canonical request and wakes the worker, or joins the same one that is known.
pub(crate) async fn queue<O>(
    api: &Api<O>,
    canonical: &BuildRequest,
    client: Option<&str>,
) -> Result<Admission, StoreError> {
    let max_pending = api.limits.max_pending;
    let admission = api.store.enqueue(canonical, api.now(), max_pending).await?;
    if let Admission::Queued(job) = &admission {
        tracing::info!(request_hash = job.request_hash, ?client, "queued");
        api.wake.notify_one();
    }
    Ok(admission)
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
) -> Result<Option<Response>, Failure> {
    if !body::says_json(headers) {
        return Ok(None);
    }
    let Some(hash) = api.hot.hash_of(bytes) else {
        return Ok(None);
    };
    found(api, &hash, headers).await
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
        Some(job) => Some(told(api, job, headers).await),
        None => None,
    })
}

async fn told<O: Offer>(api: &Api<O>, job: Job, headers: &HeaderMap) -> Response {
    let estimate = estimate(api, &job).await;
    api.hot.keep(job, estimate, headers)
}

/// When a job that waits is likely to be finished, seconds; nothing while nothing was built.
pub(crate) async fn estimate<O: Offer>(api: &Api<O>, job: &Job) -> Option<u32> {
    let asu_store::State::Queued { position } = job.state else {
        return None;
    };
    let tempo = api.store.tempo(api.now()).await;
    let tempo = tempo.inspect_err(|error| tracing::warn!(%error, "there is no estimate"));
    let seconds = tempo.ok()??.until_done(position).as_secs();
    u32::try_from(seconds).ok()
}

/// How a build stands.
///
/// The same answer as to the request itself. The headers tell the state without the body, so poll
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
