//! Signatures of answers: a router or a person can tell who answered, whatever lies between.

use asu_store::State as Standing;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::{Failure, Told};
use crate::{Api, Offer, status};

/// The signature of a finished build's answer, over its bytes as `GET /api/v1/build/{hash}` sends
/// them to those who take no gzip.
pub(crate) async fn serve<O>(api: &Api<O>, request_hash: &str) -> Result<Response, Failure> {
    let signer = api.signer.as_ref().ok_or_else(no_key)?;
    let job = api.store.job(request_hash, api.now()).await?;
    let job = job.ok_or_else(Failure::unknown_request)?;
    if !matches!(job.state, Standing::Done(_)) {
        return Err(not_built());
    }
    let job = api.with_rebuilds(job).await?;
    let ready = status::ready(job).ok_or_else(Failure::unwritable)?;
    Ok(text(signer.sign(ready.bytes())))
}

/// The key that signs.
///
/// The public half of the key that images and answers are signed with, as `usign` and `signify` take
/// it. Who must not trust the way it comes gets it from the operator by another one.
#[utoipa::path(get, path = "/api/v1/public-key", tag = "builds",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The key's file."),
        (status = 404, body = Told, description = "This server signs nothing (`unsigned`)."),
    ))]
pub(crate) async fn key<O: Offer>(State(api): State<Api<O>>) -> Result<Response, Failure> {
    let signer = api.signer.as_ref().ok_or_else(no_key)?;
    Ok(text(signer.public_text()))
}

fn text(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

fn no_key() -> Failure {
    let hint = "Its operator can change that; see --key in its configuration.";
    Failure::unsigned("this server does not sign its answers", hint)
}

fn not_built() -> Failure {
    let hint = "Ask for the signature again when the build has ended well.";
    Failure::unsigned("only answers of finished builds are signed", hint)
}
