use asu_store::Admission;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{Api, Offer, body, status};

/// `POST /api/v1/build`: queues a build, or joins the same one that is known.
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let bytes = bytes.map_err(|_| Failure::too_large())?;
    let mut request = body::read(&headers, &bytes, &api.limits)?;
    // Answers are shared by all who ask the same, so who asked first is nobody's business.
    let client = request.client.take();
    let canonical = api.offer.canonical(request).await?;
    let max_pending = api.limits.max_pending;
    let job = match api
        .store
        .enqueue(&canonical, api.now(), max_pending)
        .await?
    {
        Admission::Full { pending } => return Err(Failure::overloaded(pending)),
        Admission::Joined(job) => job,
        Admission::Queued(job) => {
            tracing::info!(request_hash = job.request_hash, ?client, "queued");
            api.wake.notify_one();
            job
        }
    };
    Ok(status::answer(job))
}

/// `GET|HEAD /api/v1/build/{request_hash}`: how a request stands.
pub(crate) async fn look<O: Offer>(
    State(api): State<Api<O>>,
    Path(request_hash): Path<String>,
) -> Result<Response, Failure> {
    let job = api.store.job(&request_hash, api.now()).await?;
    job.map(status::answer).ok_or_else(Failure::unknown_request)
}

/// `GET /api/v1/stats`.
pub(crate) async fn stats<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Value>, Failure> {
    let load = api.store.load(api.now()).await?;
    Ok(Json(json!({"queue_length": load.pending})))
}
