//! `DELETE /api/v1/build/{request_hash}`: whoever asked withdraws.
//!
//! A build is shared by all who ask the same, so each is told a token of its own, and the build ends
//! only when all have withdrawn.

use asu_protocol::build::{BuildAnswer, stage};
use asu_store::{Job, State as JobState, StoreError, Withdrawal};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::path::Path;
use crate::{Api, Offer};

/// Tells an asker its token, and is how it is shown again.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-cancel-token");
/// Of a token, bytes.
const LENGTH: usize = 32;

/// What only one asker knows; of it the store has the digest.
pub(crate) struct Token(String);

impl Token {
    fn new() -> Result<Self, Failure> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|error| Failure::no_token(&error))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The token a client shows.
    fn shown(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(TOKEN)?.to_str().ok()?;
        let is_token = text.len() == 2 * LENGTH && hex::decode(text).is_ok();
        is_token.then(|| Self(text.to_owned()))
    }

    fn digest(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }
}

/// Notes that who asks waits for a job that is not finished, and says by which token it may
/// withdraw. `Err(None)`: the job was cancelled in this moment.
pub(crate) async fn wait<O>(
    api: &Api<O>,
    job: &Job,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, Option<Failure>> {
    if matches!(job.state, JobState::Done(_) | JobState::Failed(_)) {
        return Ok(None);
    }
    // Who asks again and shows its token is still one asker.
    let token = Token::shown(headers).map_or_else(Token::new, Ok)?;
    let waits = api.store.wait_for(&job.request_hash, &token.digest()).await;
    if waits.map_err(Failure::from)? {
        return Ok(HeaderValue::from_str(&token.0).ok());
    }
    // It may as well have been finished.
    let job = api.store.job(&job.request_hash, api.now()).await;
    match job.map_err(Failure::from)? {
        Some(job) if !job.cancelled => Ok(None),
        _ => Err(None),
    }
}

/// Notes that somebody waits who knows no way to withdraw.
pub(crate) async fn wait_for_good<O>(api: &Api<O>, job: &Job) -> Result<(), StoreError> {
    api.store.wait_for(&job.request_hash, "").await.map(drop)
}

const CAUSE: &str = "cancelled";

/// What became of a wish not to wait any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct Withdrawn {
    /// 200, repeated.
    status: u16,
    /// What happened, for a person.
    detail: &'static str,
    /// The request's identity.
    request_hash: String,
    /// Whether the build has ended; if not, others wait for it.
    cancelled: bool,
}

/// Do not wait for a build any more.
///
/// Whoever asked may withdraw; the build ends when nobody waits for it.
#[utoipa::path(
    delete,
    path = "/api/v1/build/{request_hash}",
    tag = "builds",
    params(
        ("request_hash" = String, Path, description = "The request's identity."),
        ("X-Cancel-Token" = Option<String>, Header,
            description = "That of the answer to the `POST`."),
    ),
    responses(
        (status = 200, body = Withdrawn, description = "The asker does not wait any more."),
        (status = 403, body = Told, description = "Nobody who waits has that token (`not-yours`)."),
        (status = 404, body = Told, description = "Nobody asked for it, or the answer has expired \
            (`unknown-request`)."),
        (status = 409, body = Told, description = "It is finished (`finished`)."),
    ),
)]
pub(crate) async fn withdraw<O: Offer>(
    State(api): State<Api<O>>,
    Path(request_hash): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Withdrawn>, Failure> {
    let token = Token::shown(&headers).map_or_else(String::new, |token| token.digest());
    let answer = cancelled();
    let withdrawal = api
        .store
        .withdraw(&request_hash, &token, api.now(), &answer);
    match withdrawal.await? {
        Withdrawal::Unknown => Err(Failure::unknown_request()),
        Withdrawal::NotYours => Err(Failure::not_yours()),
        Withdrawal::Finished => Err(Failure::finished()),
        Withdrawal::Left => Ok(told(&request_hash, false)),
        Withdrawal::Cancelled => {
            tracing::info!(request_hash, "cancelled by all who asked");
            api.hot.cancelled().notify_one();
            Ok(told(&request_hash, true))
        }
    }
}

fn told(request_hash: &str, cancelled: bool) -> Json<Withdrawn> {
    let detail = if cancelled {
        "the build was cancelled"
    } else {
        "you do not wait any more; the build goes on for others"
    };
    Json(Withdrawn {
        status: 200,
        detail,
        request_hash: request_hash.to_owned(),
        cancelled,
    })
}

/// What those who only look are told of the build.
fn cancelled() -> BuildAnswer {
    BuildAnswer {
        status: 500,
        detail: "Error: the build was cancelled by all who asked for it".to_owned(),
        imagebuilder_status: stage::FAILED.to_owned(),
        cause: CAUSE.to_owned(),
        hint: "Send the request again to have it built.".to_owned(),
        ..BuildAnswer::default()
    }
}
