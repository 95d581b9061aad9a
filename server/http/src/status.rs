//! How a job stands, in the words of API v1.

use asu_protocol::build::{BuildAnswer, stage};
use asu_store::{Job, State};
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::IntoResponses;

use crate::ready::Ready;

/// How far the build is; clients poll it by `HEAD`.
pub(crate) const STATUS: HeaderName = HeaderName::from_static("x-imagebuilder-status");
/// How many builds are ahead.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-queue-position");

/// The answers that tell how a request stands, as the document has them.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is never made: a job's state decides")]
pub(crate) enum Standing {
    /// Built. The images lie in `/store/{bin_dir}/`; `sha256` and `size` are those of the bytes served.
    #[response(status = 200, headers(
        ("X-Imagebuilder-Status" = String, description = "`done`"),
        ("X-Queue-Position" = u32, description = "0"),
    ))]
    Done(BuildAnswer),
    /// It waits or is being built. Ask again in a few seconds.
    #[response(status = 202, headers(
        ("X-Imagebuilder-Status" = String, description = "`queued`, `init`, `container_setup`, \
            `validate_revision`, `validate_manifest` or `building_image`"),
        ("X-Queue-Position" = u32, description = "how many builds are before it; 0 is next"),
        ("Cache-Control" = String, description = "`no-store`"),
        ("X-Cancel-Token" = String, description = "after a `POST`: by which its asker may withdraw"),
    ))]
    UnderWay(BuildAnswer),
    /// What was held (`If-None-Match`) is still the answer.
    #[response(status = 304)]
    Held,
    /// There is no image, and `detail`, `cause`, `stdout` and `stderr` say why. Without a
    /// `request_hash` the request could not be taken at all: the mirror cannot be reached
    /// (`upstream`), or this server is at fault (`internal`).
    #[response(status = 500, headers(
        ("X-Imagebuilder-Status" = String, description = "`failed`, if it was tried"),
        ("X-Queue-Position" = u32, description = "0, if it was tried"),
    ))]
    Failed(BuildAnswer),
}

/// The answer to `POST /build` and `GET /build/{hash}` alike, for a job that is not finished.
pub(crate) fn answer(job: Job, estimate: Option<u32>) -> Response {
    let answer = BuildAnswer {
        estimate_seconds: estimate,
        ..told(job)
    };
    let headers = headers(&answer);
    // The next poll must see the next state.
    let keep = [(header::CACHE_CONTROL, "no-store")];
    (status(&answer), headers, keep, Json(answer)).into_response()
}

/// The answer for a finished job, which changes no more but by verdicts of rebuilds.
pub(crate) fn ready(job: Job) -> Option<Ready> {
    let answer = told(job);
    let json = serde_json::to_vec(&with_logs(&answer)?).ok()?;
    Some(Ready::new(status(&answer), headers(&answer), json))
}

/// The firmware selector shows both logs where there is one of them, even one that is not there.
fn with_logs(answer: &BuildAnswer) -> Option<Value> {
    let mut json = serde_json::to_value(answer).ok()?;
    let fields = json.as_object_mut()?;
    for log in ["stdout", "stderr"] {
        fields.entry(log).or_insert_with(|| Value::from(""));
    }
    Some(json)
}

/// The body of the answer.
pub(crate) fn told(job: Job) -> BuildAnswer {
    BuildAnswer {
        request_hash: job.request_hash,
        enqueued_at: job.enqueued_at.to_string(),
        request: Some(job.request),
        ..stated(job.state)
    }
}

fn status(answer: &BuildAnswer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn headers(answer: &BuildAnswer) -> [(HeaderName, HeaderValue); 2] {
    let stage = HeaderValue::from_str(&answer.imagebuilder_status);
    let position = answer.queue_position.unwrap_or(0);
    [
        (STATUS, stage.unwrap_or(HeaderValue::from_static(""))),
        (POSITION, position.into()),
    ]
}

fn stated(state: State) -> BuildAnswer {
    match state {
        State::Queued { position } => BuildAnswer {
            status: 202,
            detail: "queued".to_owned(),
            imagebuilder_status: stage::QUEUED.to_owned(),
            queue_position: Some(position),
            ..BuildAnswer::default()
        },
        State::Started { stage } => BuildAnswer {
            status: 202,
            detail: "started".to_owned(),
            imagebuilder_status: stage,
            ..BuildAnswer::default()
        },
        State::Done(answer) => BuildAnswer {
            status: 200,
            imagebuilder_status: stage::DONE.to_owned(),
            ..*answer
        },
        State::Failed(answer) => BuildAnswer {
            status: 500,
            imagebuilder_status: stage::FAILED.to_owned(),
            ..*answer
        },
    }
}
