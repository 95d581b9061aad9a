//! How a job stands, in the words of 2017.

use asu_protocol::build::{BuildAnswer, stage};
use asu_protocol::problem::PackageProblem;
use asu_protocol::profiles::Image;
use asu_store::{Job, State};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::refusal::{self, ErrorText, Refusal};
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

/// The image is not there yet.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Waiting2017)]
pub(crate) struct UnderWay {
    /// How many builds are before it, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    queue: Option<u32>,
    /// To ask again with.
    request_hash: String,
}

/// There is no image.
#[derive(Serialize, ToSchema)]
#[schema(as = Failed2017)]
pub(crate) struct Failed {
    /// For a person.
    error: &'static str,
    /// Where to read what the ImageBuilder printed; absent if nothing was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    log: Option<String>,
    /// The request's identity, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_hash: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// The packages at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    packages: Vec<PackageProblem>,
}

/// It is built.
#[derive(Serialize, ToSchema)]
#[schema(as = Built2017)]
pub(crate) struct Built {
    /// Where all files are described.
    files: String,
    /// Where to read what the ImageBuilder printed.
    log: String,
    /// The image's identity.
    image_hash: String,
    /// The request's identity.
    request_hash: String,
    /// Where the image to upgrade with is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sysupgrade: Option<String>,
    /// The same, for the oldest clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
    /// Why there is nothing to upgrade with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<&'static str>,
}

/// How a request stands, as the document has it.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is never made: a job's state decides")]
pub(crate) enum Standing {
    /// It is built.
    #[response(status = 200, headers(("X-Imagebuilder-Status" = String, description = "`done`")))]
    Done(Built),
    /// It waits or is being built.
    #[response(status = 202, headers(
        ("X-Imagebuilder-Status" = String, description = "`queue`, `initialize` or `building`"),
        ("X-Build-Queue-Position" = u32, description = "how many builds are before it"),
    ))]
    UnderWay(UnderWay),
    /// The hash is unknown, or the answer has expired.
    #[response(status = 404)]
    Unknown(ErrorText),
    /// The image is too big for the device; or the request is, over 256 KiB.
    #[response(status = 413)]
    TooBig(Failed),
    /// The build failed, or this server is at fault.
    #[response(status = 500, headers(
        ("X-Imagebuilder-Status" = String, description = "`failed`, if it was tried"),
    ))]
    Failed(Failed),
    /// It is built, but there is nothing to upgrade with.
    #[response(status = 501)]
    Useless(Built),
}

/// What may be wrong with a request for an image.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is never made: refusals are")]
pub(crate) enum Refused {
    /// Something is missing or has the wrong form.
    #[response(status = 400)]
    Bad(refusal::Told),
    /// Unknown distribution, release, target or device.
    #[response(status = 412)]
    Unknown(ErrorText),
    /// `defaults` is too long.
    #[response(status = 420)]
    TooLong(ErrorText),
    /// A package the release does not have, or packages that do not go together.
    #[response(status = 422, headers(
        ("X-Unknown-Package" = String, description = "the package"),
    ))]
    Package(ErrorText),
    /// The mirror cannot be reached.
    #[response(status = 502)]
    Mirror(ErrorText),
    /// Too many builds wait.
    #[response(status = 503, headers(("Retry-After" = u32, description = "300 seconds")))]
    Overloaded(ErrorText),
}

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
    let body = UnderWay {
        queue: Some(position),
        request_hash: hash.to_owned(),
    };
    (StatusCode::ACCEPTED, headers, Json(body)).into_response()
}

fn building(hash: &str, stage: &str) -> Response {
    let status = match stage {
        stage::INIT | stage::CONTAINER_SETUP => "initialize",
        _ => "building",
    };
    let headers = [(STATUS, status), (POSITION, "0")];
    let body = UnderWay {
        queue: None,
        request_hash: hash.to_owned(),
    };
    (StatusCode::ACCEPTED, headers, Json(body)).into_response()
}

fn failed(hash: &str, answer: &BuildAnswer, base: &str) -> Response {
    let (status, error) = if answer.cause == "image-too-big" {
        let text = "No firmware created due to image size. Try again with less packages selected.";
        (StatusCode::PAYLOAD_TOO_LARGE, text)
    } else {
        let text = "imagebuilder failed to create image";
        (StatusCode::INTERNAL_SERVER_ERROR, text)
    };
    let body = Failed {
        error,
        log: Some(log(base, hash)),
        request_hash: Some(hash.to_owned()),
        detail: Some(answer.detail.clone()),
        packages: answer.packages.clone(),
    };
    (status, [(STATUS, stage::FAILED)], Json(body)).into_response()
}

fn done(job: &Job, answer: &BuildAnswer, image_hash: &str, base: &str, kind: Kind) -> Response {
    let image = sysupgrade(job, answer);
    let link = image.map(|image| download(base, answer, &image.name));
    let useless = image.is_none() && kind == Kind::Upgrade;
    let body = Built {
        files: format!("{base}/api/image/{image_hash}"),
        log: log(base, &job.request_hash),
        image_hash: image_hash.to_owned(),
        request_hash: job.request_hash.clone(),
        url: link.clone(),
        sysupgrade: link,
        error: useless.then_some("No sysupgrade file produced, may not supported by model."),
    };
    if useless {
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
