//! `/api/v1/worker/…`: workers elsewhere take jobs, tell how they go and hand in what they made.
//!
//! A worker asks, never the server: so it may be behind a router that lets nobody in. Who it is, its
//! token and its protocol are headers of each request, see `caller`.

mod answers;
mod caller;
mod jobs;

use std::time::{Duration, Instant};

use asu_protocol::worker::{About, Job, MOST_PLACES, PROTOCOL, PROTOCOL_HEADER, Welcome, Wish};
use asu_store::Wanted;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::failure::{Failure, Told};
use crate::{Api, Offer, body};
use answers::{Misread, Stranger};
use caller::Caller;
pub(crate) use jobs::reads_its_body;

/// The longest a worker is kept waiting: shorter than what proxies take for a dead connection.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The time between two looks for a job while a worker waits; news of one comes sooner.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn routes<O: Offer>() -> OpenApiRouter<Api<O>> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(leave))
        .routes(routes!(claim))
        .merge(jobs::routes())
        .layer(map_response(numbered))
}

/// Tells each worker what this server speaks.
async fn numbered(mut answer: Response) -> Response {
    let name = HeaderName::from_static(PROTOCOL_HEADER);
    let headers = answer.headers_mut();
    headers.insert(name, HeaderValue::from(PROTOCOL));
    answer
}

fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Failure> {
    let bytes = body.map_err(|_| Failure::too_large())?;
    body::read_as(headers, &bytes)
}

/// Come to work.
///
/// Jobs that a worker of this name had before go back to the queue.
#[utoipa::path(
    post,
    path = "/api/v1/worker/register",
    tag = "workers",
    params(
        ("Authorization" = String, Header, description = "`Bearer` and the token."),
        ("X-Worker" = String, Header, pattern = "^[A-Za-z0-9._-]{1,64}$",
            description = "The worker's name, the same each time it comes."),
        ("X-Worker-Protocol" = u32, Header, description = "What it speaks, see `Welcome`."),
    ),
    request_body = About,
    responses(
        (status = 200, body = Welcome, description = "It is admitted, and this is how builds are made.",
            headers(("X-Worker-Protocol" = u32, description = "what this server speaks: 1"))),
        (status = 400, body = Told, description = "Server and worker do not understand each other; \
            `detail` says which to update (`worker-protocol`). Or it has no name (`worker-name`)."),
        (status = 401, body = Told, description = "Nobody has such a token, or it was revoked \
            (`bad-token`)."),
        Misread,
    ),
)]
async fn register<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Welcome>, Failure> {
    let about: About = read(&headers, body)?;
    caller.foreman.release(&caller.worker).await?;
    api.store.token_seen(&caller.token, api.now()).await?;
    tracing::info!(worker = caller.worker, ?about, "a worker came");
    api.worker_seen(&caller.worker).await?;
    Ok(Json(Welcome {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        token: caller.token.name.clone(),
        targets: caller.token.scope.patterns().to_vec(),
        terms: caller.foreman.terms(),
    }))
}

/// Go.
///
/// Jobs that the worker has go back to the queue.
#[utoipa::path(
    post,
    path = "/api/v1/worker/leave",
    tag = "workers",
    responses(
        (status = 204, description = "It is forgotten."),
        Stranger,
    ),
)]
async fn leave<O: Offer>(State(api): State<Api<O>>, caller: Caller) -> Result<StatusCode, Failure> {
    caller.foreman.release(&caller.worker).await?;
    tracing::info!(worker = caller.worker, "a worker went");
    api.hot.worker_gone(&caller.worker);
    api.store.worker_gone(&caller.worker).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a job.
///
/// Waits until there is one this worker may build, for at most 30 seconds.
#[utoipa::path(
    post,
    path = "/api/v1/worker/claim",
    tag = "workers",
    request_body = Wish,
    responses(
        (status = 200, body = Job, description = "A job. It is the worker's own until it was silent \
            for `lease_ms`."),
        (status = 204, description = "There is none; ask again."),
        Stranger,
        Misread,
    ),
)]
async fn claim<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let wish: Wish = read(&headers, body)?;
    if wish.imagebuilders.len() > MOST_PLACES {
        return Err(Failure::too_large());
    }
    api.store.token_seen(&caller.token, api.now()).await?;
    let wait = Duration::from_millis(wish.wait_ms).min(LONGEST_WAIT);
    let until = Instant::now() + wait;
    loop {
        let wanted = Wanted {
            scope: caller.scope(&api).await?,
            places: wish.imagebuilders.clone(),
        };
        api.worker_seen(&caller.worker).await?;
        if let Some(job) = caller.foreman.claim(&caller.worker, &wanted).await? {
            return Ok(Json(job).into_response());
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || api.hot.is_closed() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        tokio::select! {
            () = api.wake.notified() => {}
            () = tokio::time::sleep(left.min(LOOK)) => {}
        }
    }
}
