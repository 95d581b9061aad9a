//! How a job stands, in the words of 2017.

use asu_protocol::build::{BuildAnswer, stage};
use asu_protocol::profiles::Image;
use asu_store::{Job, State};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{POSITION, images};
use crate::status::STATUS;
use crate::{Api, Offer};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An image to upgrade with.
    Upgrade,
    /// Any files.
    Build,
}

/// What can be flashed by `sysupgrade`, best first.
const SYSUPGRADE: [&str; 4] = ["sysupgrade", "combined", "combined-efi", "sdcard"];

/// The answer to a `POST` and a `GET` alike; links begin with `base`.
pub(crate) async fn answer<O: Offer>(
    api: &Api<O>,
    base: &str,
    job: Job,
    kind: Kind,
) -> Result<Response, Refusal> {
    let hash = job.request_hash.clone();
    match &job.state {
        State::Queued { position } => Ok(waiting(&hash, *position)),
        State::Started { stage } => Ok(building(&hash, stage)),
        State::Failed(answer) => Ok(failed(&hash, answer, base)),
        State::Done(answer) => {
            let image_hash = images::remember(api, &job, answer).await?;
            Ok(done(&job, answer, &image_hash, base, kind))
        }
    }
}

fn waiting(hash: &str, position: u32) -> Response {
    let headers = [
        (STATUS, "queue".to_owned()),
        (POSITION, position.to_string()),
    ];
    let body = json!({"queue": position, "request_hash": hash});
    (StatusCode::ACCEPTED, headers, Json(body)).into_response()
}

fn building(hash: &str, stage: &str) -> Response {
    let status = match stage {
        stage::INIT | stage::CONTAINER_SETUP => "initialize",
        _ => "building",
    };
    let headers = [(STATUS, status), (POSITION, "0")];
    let body = Json(json!({"request_hash": hash}));
    (StatusCode::ACCEPTED, headers, body).into_response()
}

fn failed(hash: &str, answer: &BuildAnswer, base: &str) -> Response {
    let (status, error) = if answer.cause == "image-too-big" {
        let text = "No firmware created due to image size. Try again with less packages selected.";
        (StatusCode::PAYLOAD_TOO_LARGE, text)
    } else {
        let text = "imagebuilder failed to create image";
        (StatusCode::INTERNAL_SERVER_ERROR, text)
    };
    let mut body = json!({"error": error, "log": log(base, hash), "request_hash": hash});
    body["detail"] = json!(answer.detail);
    if !answer.packages.is_empty() {
        body["packages"] = json!(answer.packages);
    }
    (status, [(STATUS, stage::FAILED)], Json(body)).into_response()
}

fn done(job: &Job, answer: &BuildAnswer, image_hash: &str, base: &str, kind: Kind) -> Response {
    let mut body = json!({
        "files": format!("{base}/api/image/{image_hash}"),
        "log": log(base, &job.request_hash),
        "image_hash": image_hash,
        "request_hash": job.request_hash,
    });
    let image = sysupgrade(job, answer);
    if let Some(image) = image {
        let link = download(base, answer, &image.name);
        body["url"] = json!(link);
        body["sysupgrade"] = json!(link);
    }
    if image.is_none() && kind == Kind::Upgrade {
        let text = "No sysupgrade file produced, may not supported by model.";
        body["error"] = Value::from(text);
        return (StatusCode::NOT_IMPLEMENTED, Json(body)).into_response();
    }
    (StatusCode::OK, [(STATUS, stage::DONE)], Json(body)).into_response()
}

fn log(base: &str, request_hash: &str) -> String {
    format!("{base}/api/log/{request_hash}")
}

/// The link to a file of an answer.
pub(crate) fn download(base: &str, answer: &BuildAnswer, name: &str) -> String {
    format!("{base}/download/{}/{name}", answer.bin_dir)
}

/// The image to upgrade with: of the root filesystem asked for, else the usual one.
pub(crate) fn sysupgrade<'a>(job: &Job, answer: &'a BuildAnswer) -> Option<&'a Image> {
    let wanted = job.request.filesystem.as_deref().unwrap_or("squashfs");
    let fits = answer.images.iter().filter_map(|image| {
        let rank = SYSUPGRADE.iter().position(|kind| *kind == image.kind)?;
        // An initramfs forgets everything at the next boot.
        (image.filesystem != "initramfs").then_some((rank, image.filesystem != wanted, image))
    });
    let best = fits.min_by_key(|(rank, other, _)| (*rank, *other));
    best.map(|(_, _, image)| image)
}
