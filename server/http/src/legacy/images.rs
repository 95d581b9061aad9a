//! All that is stored about an image, found by the hash its clients were told.

use asu_protocol::build::{BuildAnswer, BuildRequest};
use asu_store::{Job, State as Standing};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::refusal::{ErrorText, Refusal};
use super::{outcome, place, profile};
use crate::path::Path;
use crate::{Api, Offer};

/// All that is stored about an image.
#[derive(Serialize, ToSchema)]
#[schema(as = Image2017)]
pub(crate) struct Described {
    image_hash: String,
    request_hash: String,
    manifest_hash: String,
    distro: String,
    /// The release.
    version: String,
    /// `r28739-d9340319c6`
    revision: String,
    target: String,
    subtarget: String,
    profile: String,
    /// The device's name for people.
    model: Option<String>,
    /// RFC 3339 in UTC.
    build_date: String,
    /// Where the image to upgrade with is.
    sysupgrade: Option<String>,
    files: Vec<File>,
    /// Where to read what the ImageBuilder printed.
    log: String,
}

/// A file of an image.
#[derive(Serialize, ToSchema)]
#[schema(as = File2017)]
pub(crate) struct File {
    name: String,
    /// `sysupgrade`, `factory`, …
    #[serde(rename = "type")]
    kind: String,
    filesystem: String,
    /// Of the file as served, hex.
    sha256: String,
    /// Bytes.
    size: Option<u64>,
    /// Where it is.
    url: String,
}

/// All that is stored about an image.
#[utoipa::path(get, path = "/api/image/{image_hash}", tag = "2017",
    params(("image_hash" = String, Path, description = "From the answer to the request.")),
    responses(
        (status = 200, body = Described, description = "The image."),
        (status = 404, body = ErrorText, description = "It is unknown, or has expired."),
    ))]
pub(crate) async fn image<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    Path(hash): Path<String>,
) -> Result<Json<Described>, Refusal> {
    let job = job_of(&api, &hash).await?;
    let Standing::Done(answer) = &job.state else {
        return Err(Refusal::unknown_hash());
    };
    Ok(Json(described(&job, answer, &hash, &place::base(&headers))))
}

/// Name and version of every package in an image.
#[utoipa::path(get, path = "/api/manifest/{manifest_hash}", tag = "2017",
    params(("manifest_hash" = String, Path, description = "From the image's description.")),
    responses(
        (status = 200, body = BTreeMap<String, String>, description = "Name to version."),
        (status = 404, body = ErrorText, description = "It is unknown, or has expired."),
    ))]
pub(crate) async fn manifest<O: Offer>(
    State(api): State<Api<O>>,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    for request_hash in api.store.jobs_of_manifest(&hash).await? {
        let Some((_, answer)) = finished(&api, &request_hash).await? else {
            continue;
        };
        if manifest_hash(&answer) == hash {
            return Ok(Json(answer.manifest).into_response());
        }
    }
    let text = "unknown manifest hash";
    Err(Refusal::new(StatusCode::NOT_FOUND, text))
}

/// What the ImageBuilder printed.
#[utoipa::path(get, path = "/api/log/{request_hash}", tag = "2017",
    params(("request_hash" = String, Path, description = "The request's identity.")),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "Text."),
        (status = 404, body = ErrorText,
            description = "It is unknown, has expired, or is not finished."),
    ))]
pub(crate) async fn log<O: Offer>(
    State(api): State<Api<O>>,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    let job = api.store.job(&hash, api.now()).await?;
    let (Standing::Done(answer) | Standing::Failed(answer)) =
        job.ok_or_else(Refusal::unknown_hash)?.state
    else {
        return Err(Refusal::unknown_hash());
    };
    let kind = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let text = format!("{}\n{}\n{}", answer.detail, answer.stdout, answer.stderr);
    Ok((kind, text).into_response())
}

/// The finished job that made an image.
pub(crate) async fn job_of<O: Offer>(api: &Api<O>, hash: &str) -> Result<Job, Refusal> {
    for request_hash in api.store.jobs_of_image(hash).await? {
        let Some((job, answer)) = finished(api, &request_hash).await? else {
            continue;
        };
        if image_hash(&job.request, &answer) == hash {
            return Ok(job);
        }
    }
    Err(Refusal::unknown_hash())
}

/// Gives a finished image its hash, so that it can be asked for by it.
pub(crate) async fn remember<O: Offer>(
    api: &Api<O>,
    job: &Job,
    answer: &BuildAnswer,
) -> Result<String, Refusal> {
    let image = image_hash(&job.request, answer);
    let manifest = manifest_hash(answer);
    let kept = api.store.keep_image(&image, &manifest, &job.request_hash);
    kept.await?;
    Ok(image)
}

async fn finished<O: Offer>(
    api: &Api<O>,
    request_hash: &str,
) -> Result<Option<(Job, BuildAnswer)>, Refusal> {
    let job = api.store.job(request_hash, api.now()).await?;
    Ok(job.and_then(|job| match &job.state {
        Standing::Done(answer) => {
            let answer = (**answer).clone();
            Some((job, answer))
        }
        _ => None,
    }))
}

/// All digits of a hash of all that is in the image, the first-boot script included: whoever does
/// not know the script cannot guess it.
fn image_hash(request: &BuildRequest, answer: &BuildAnswer) -> String {
    let mut contents = vec![json!([
        request.distro,
        answer.version_number,
        answer.version_code,
        request.target,
        request.profile,
        answer.manifest,
        request.defaults,
        request.rootfs_size_mb,
        request.filesystem,
    ])];
    // Images had such a hash before there were files.
    contents.extend((!request.files.is_empty()).then(|| json!(request.files)));
    let contents: Vec<String> = contents.iter().map(Value::to_string).collect();
    hex::encode(Sha256::digest(contents.concat()))
}

fn manifest_hash(answer: &BuildAnswer) -> String {
    hex::encode(Sha256::digest(json!(answer.manifest).to_string()))
}

fn described(job: &Job, answer: &BuildAnswer, image_hash: &str, base: &str) -> Described {
    let (target, subtarget) = halves(job.request.target.as_str());
    let link = |name: &str| outcome::download(base, answer, name);
    let files = answer.images.iter().map(|image| File {
        name: image.name.clone(),
        kind: image.kind.clone(),
        filesystem: image.filesystem.clone(),
        sha256: image.sha256.clone(),
        size: image.size,
        url: link(&image.name),
    });
    Described {
        image_hash: image_hash.to_owned(),
        request_hash: job.request_hash.clone(),
        manifest_hash: manifest_hash(answer),
        distro: job.request.distro.clone(),
        version: answer.version_number.clone(),
        revision: answer.version_code.clone(),
        target: target.to_owned(),
        subtarget: subtarget.to_owned(),
        profile: job.request.profile.to_string(),
        model: answer.titles.first().map(profile::full),
        build_date: answer.build_at.clone(),
        sysupgrade: outcome::sysupgrade(job, answer).map(|image| link(&image.name)),
        files: files.collect(),
        log: format!("{base}/api/log/{}", job.request_hash),
    }
}

/// `ath79/generic` in its two halves.
pub(crate) fn halves(target: &str) -> (&str, &str) {
    target.split_once('/').unwrap_or((target, ""))
}
