//! How a job stands, in the words of API v1.

use asu_protocol::build::{BuildAnswer, stage};
use asu_store::{Job, State};
use axum::Json;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// How far the build is; clients poll it by `HEAD`.
pub(crate) const STATUS: HeaderName = HeaderName::from_static("x-imagebuilder-status");
/// How many builds are ahead.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-queue-position");

/// The answer to `POST /build` and `GET /build/{hash}` alike.
pub(crate) fn answer(job: Job) -> Response {
    let answer = BuildAnswer {
        request_hash: job.request_hash,
        enqueued_at: job.enqueued_at.to_string(),
        request: Some(job.request),
        ..stated(job.state)
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (STATUS, answer.imagebuilder_status.clone()),
        (POSITION, answer.queue_position.unwrap_or(0).to_string()),
    ];
    (status, headers, Json(answer)).into_response()
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
