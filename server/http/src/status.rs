//! How a job stands, in the words of API v1.

use asu_protocol::build::{BuildAnswer, stage};
use asu_store::{Job, State};
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::ready::Ready;

/// How far the build is; clients poll it by `HEAD`.
pub(crate) const STATUS: HeaderName = HeaderName::from_static("x-imagebuilder-status");
/// How many builds are ahead.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-queue-position");

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

/// The answer for a finished job, which will not change any more.
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
