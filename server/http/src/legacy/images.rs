//! All that is stored about an image, found by the hash its clients were told.

use asu_protocol::build::{BuildAnswer, BuildRequest};
use asu_store::{Job, State as Standing};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::{outcome, place, profile};
use crate::{Api, Offer};

/// `GET /api/image/{image_hash}`
pub(crate) async fn image<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    Path(hash): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = job_of(&api, &hash).await?;
    let Standing::Done(answer) = &job.state else {
        return Err(Refusal::unknown_hash());
    };
    Ok(Json(described(&job, answer, &hash, &place::base(&headers))))
}

/// `GET /api/manifest/{manifest_hash}`: name to version of every package.
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

/// `GET /api/log/{request_hash}`: what the ImageBuilder printed.
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
    let contents = json!([
        request.distro,
        answer.version_number,
        answer.version_code,
        request.target,
        request.profile,
        answer.manifest,
        request.defaults,
        request.rootfs_size_mb,
        request.filesystem,
    ]);
    hex::encode(Sha256::digest(contents.to_string()))
}

fn manifest_hash(answer: &BuildAnswer) -> String {
    hex::encode(Sha256::digest(json!(answer.manifest).to_string()))
}

fn described(job: &Job, answer: &BuildAnswer, image_hash: &str, base: &str) -> Value {
    let (target, subtarget) = halves(job.request.target.as_str());
    let link = |name: &str| outcome::download(base, answer, name);
    let files = answer.images.iter().map(|image| {
        json!({"name": image.name, "type": image.kind, "filesystem": image.filesystem,
            "sha256": image.sha256, "size": image.size, "url": link(&image.name)})
    });
    let sysupgrade = outcome::sysupgrade(job, answer).map(|image| link(&image.name));
    json!({
        "image_hash": image_hash,
        "request_hash": job.request_hash,
        "manifest_hash": manifest_hash(answer),
        "distro": job.request.distro,
        "version": answer.version_number,
        "revision": answer.version_code,
        "target": target,
        "subtarget": subtarget,
        "profile": job.request.profile,
        "model": answer.titles.first().map(profile::full),
        "build_date": answer.build_at,
        "sysupgrade": sysupgrade,
        "files": files.collect::<Vec<_>>(),
        "log": format!("{base}/api/log/{}", job.request_hash),
    })
}

/// `ath79/generic` in its two halves.
pub(crate) fn halves(target: &str) -> (&str, &str) {
    target.split_once('/').unwrap_or((target, ""))
}
