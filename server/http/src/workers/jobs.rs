//! A job in a worker's hands, by the hash of its request and the number of the lease.

use std::time::Duration;

use asu_protocol::worker::{File, Finish, Foresight, Report};
use asu_store::{Claim, Lease};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{Lost, Misread, Stranger};
use super::caller::Caller;
use super::read;
use crate::failure::{Failure, Told};
use crate::images::Binary;
use crate::path::Path;
use crate::{Api, Offer, body, guard};

/// Largest end of a build, bytes: what was printed, escaped, and the packages.
const LONGEST_END: usize = 8 << 20;
/// Within this the end of a build must have come.
const END_TIME: Duration = Duration::from_mins(1);
/// An upload may be silent for so long.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) fn routes<O: Offer>() -> OpenApiRouter<Api<O>> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(foresee))
        .routes(routes!(upload))
        .routes(routes!(finish))
        .routes(routes!(hand_back))
}

/// Whether a request's body is longer than others may be; its handler asks who sends it before it
/// reads it.
pub(crate) fn reads_its_body(method: &Method, path: &str) -> bool {
    path.starts_with("/api/v1/worker/jobs/") && (method == Method::PUT || path.ends_with("/finish"))
}

/// What a worker says it holds.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Held {
    /// The identity of the request.
    request_hash: String,
    /// The number of the lease.
    lease: i64,
}

impl From<Held> for Lease {
    fn from(
        Held {
            request_hash,
            lease,
        }: Held,
    ) -> Self {
        Self::told(request_hash, lease)
    }
}

/// The job, if the worker holds this lease.
async fn held<O>(api: &Api<O>, caller: &Caller, lease: &Lease) -> Result<Claim, Failure> {
    let held = api.store.held(lease, &caller.worker).await?;
    held.ok_or_else(Failure::lease_lost)
}

/// Tell how a build goes.
///
/// Extends the lease.
#[utoipa::path(
    post,
    path = "/api/v1/worker/jobs/{request_hash}/{lease}/report",
    tag = "workers",
    params(Held),
    request_body = Report,
    responses(
        (status = 204, description = "The lease is still held."),
        Stranger,
        (status = 409, body = Told, description = "The worker has lost the job: stop building it \
            (`lease-lost`)."),
        Misread,
    ),
)]
async fn report<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    Path(told): Path<Held>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Failure> {
    let Report { news } = read(&headers, body)?;
    api.worker_seen(&caller.worker).await?;
    let claim = held(&api, &caller, &told.into()).await?;
    caller.foreman.report(&claim.lease, &news).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct How {
    #[serde(default)]
    anew: bool,
}

/// Ask which packages the image should have.
#[utoipa::path(
    get,
    path = "/api/v1/worker/jobs/{request_hash}/{lease}/foresight",
    tag = "workers",
    params(
        Held,
        ("anew" = Option<bool>, Query, description = "From package indexes as they are now."),
    ),
    responses(
        (status = 200, body = Foresight, description = "What can be told."),
        Stranger,
        Lost,
    ),
)]
async fn foresee<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    Path(told): Path<Held>,
    uri: Uri,
) -> Result<Json<Foresight>, Failure> {
    let Query(How { anew }) = query(&uri)?;
    let claim = held(&api, &caller, &told.into()).await?;
    let foreseen = caller.foreman.foresee(&claim, anew).await;
    Ok(Json(Foresight { foreseen }))
}

#[derive(Deserialize)]
struct Declared {
    size: u64,
    sha256: String,
}

/// Upload a file of a build.
///
/// It counts for nothing before the build is finished; the same name again replaces it.
#[utoipa::path(
    put,
    path = "/api/v1/worker/jobs/{request_hash}/{lease}/files/{file}",
    tag = "workers",
    params(
        Held,
        ("file" = String, Path, pattern = "^[A-Za-z0-9_+~-][A-Za-z0-9._+~-]{0,254}$",
            description = "Its name."),
        ("size" = u64, Query, description = "Its length, bytes."),
        ("sha256" = String, Query, pattern = "^[0-9a-f]{64}$", description = "Its SHA-256, hex."),
    ),
    request_body(content = Binary, content_type = "application/octet-stream"),
    responses(
        Stranger,
        (status = 204, description = "It is here, and it is what it was said to be."),
        (status = 400, body = Told, description = "It is not, or it is too much (`bad-upload`). Or as \
            for `register`."),
        Lost,
    ),
)]
async fn upload<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    Path((request_hash, lease, name)): Path<(String, i64, String)>,
    uri: Uri,
    body: Body,
) -> Result<StatusCode, Failure> {
    let Query(Declared { size, sha256 }) = query(&uri)?;
    let claim = held(&api, &caller, &Lease::told(request_hash, lease)).await?;
    let file = File { name, size, sha256 };
    let bytes = patient(body).boxed();
    caller.foreman.take(&claim.lease, &file, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A body that fails when nothing of it comes for a while.
fn patient(body: Body) -> impl stream::Stream<Item = std::io::Result<Bytes>> + Send {
    let stream = body.into_data_stream().map_err(std::io::Error::other);
    stream::try_unfold(stream, async |mut stream| {
        let next = tokio::time::timeout(SILENCE, stream.try_next()).await;
        let next = next.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))?;
        Ok(next.map(|chunk| (chunk, stream)))
    })
}

/// Hand in what came of a build.
///
/// All its files must have been uploaded. It is published at once and whole, or not at all.
#[utoipa::path(
    post,
    path = "/api/v1/worker/jobs/{request_hash}/{lease}/finish",
    tag = "workers",
    params(Held),
    request_body = Finish,
    responses(
        Stranger,
        (status = 204, description = "It is published, or, where there is no image, noted."),
        (status = 400, body = Told, description = "Files are not what they are said to be \
            (`bad-upload`). Or as for `register`."),
        (status = 409, body = Told, description = "The worker has lost the job (`lease-lost`); or files \
            are missing, as this server was started anew: upload them all again (`files-missing`)."),
        Misread,
    ),
)]
async fn finish<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    Path(told): Path<Held>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Failure> {
    let lease = told.into();
    let taken = take_end(&api, &caller, &lease, &headers, body).await;
    // It may have been told before, and the answer got lost.
    if taken.is_err() && api.store.has_ended(&lease).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    taken.map(|()| StatusCode::NO_CONTENT)
}

async fn take_end<O: Offer>(
    api: &Api<O>,
    caller: &Caller,
    lease: &Lease,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Failure> {
    let claim = held(api, caller, lease).await?;
    let bytes = guard::read(body, headers, LONGEST_END, END_TIME).await?;
    let end: Finish = body::read_as(headers, &bytes)?;
    Ok(caller.foreman.finish(&claim, end).await?)
}

/// Give a job back unfinished.
///
/// It is the next in the queue, and counts as not tried.
#[utoipa::path(
    post,
    path = "/api/v1/worker/jobs/{request_hash}/{lease}/hand-back",
    tag = "workers",
    params(Held),
    responses(
        (status = 204, description = "It waits for another worker."),
        Stranger,
        Lost,
    ),
)]
async fn hand_back<O: Offer>(
    State(api): State<Api<O>>,
    caller: Caller,
    Path(told): Path<Held>,
) -> Result<StatusCode, Failure> {
    let claim = held(&api, &caller, &told.into()).await?;
    caller.foreman.take_back(&claim.lease).await?;
    api.wake.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

fn query<T: serde::de::DeserializeOwned>(uri: &Uri) -> Result<Query<T>, Failure> {
    Query::try_from_uri(uri).map_err(|error| Failure::bad_upload(error.body_text()))
}
