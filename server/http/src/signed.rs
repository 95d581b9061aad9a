//! Signatures of answers: a router or a person can tell who answered, whatever lies between.

use asu_store::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;
use crate::{Api, status};

/// The signature of a finished build's answer, over its bytes as `GET /api/v1/build/{hash}` sends
/// them to those who take no gzip.
pub(crate) async fn serve<O>(api: &Api<O>, request_hash: &str) -> Result<Response, Failure> {
    let signer = api.signer.as_ref().ok_or_else(no_key)?;
    let job = api.store.job(request_hash, api.now()).await?;
    let job = job.ok_or_else(Failure::unknown_request)?;
    if !matches!(job.state, State::Done(_)) {
        return Err(not_built());
    }
    let ready = status::ready(job).ok_or_else(Failure::unwritable)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, signer.sign(ready.bytes())).into_response())
}

fn no_key() -> Failure {
    let hint = "Its operator can change that; see --key in its configuration.";
    Failure::unsigned("this server does not sign its answers", hint)
}

fn not_built() -> Failure {
    let hint = "Ask for the signature again when the build has ended well.";
    Failure::unsigned("only answers of finished builds are signed", hint)
}
