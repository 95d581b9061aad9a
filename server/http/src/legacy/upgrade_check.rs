//! The upgrade check of the 2017 API: is there a newer release, are there newer packages?
//!
//! `POST /api/upgrade-check` (once `/update-request`) and `GET /api/upgrade-check/{hash}`. Its shape
//! is that of the original; the plan behind it is that of `/api/v1/plan`, so a package that was
//! renamed or dropped is no error here either.

use std::collections::BTreeMap;
use std::time::Duration;

use asu_catalog::CatalogError;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::plan::{Fate, Installed, Plan, PlanProblem, PlanRequest, RouterFacts};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::Unplannable;
use crate::{Api, Offer, plans};

/// How long an answer can be asked for again.
const KEEP: Duration = Duration::from_hours(24);
/// Names the package nobody knows.
const UNKNOWN_PACKAGE: HeaderName = HeaderName::from_static("x-unknown-package");
/// The hash of an answer without a body.
const REQUEST_HASH: HeaderName = HeaderName::from_static("x-request-hash");

/// The question, as its clients ask it; unknown fields are passed over.
#[derive(Deserialize)]
struct Question {
    request_hash: Option<String>,
    distro: Option<String>,
    version: Option<String>,
    target: Option<String>,
    subtarget: Option<String>,
    /// `board_name`, where the client tells; then the device's own packages count, too.
    board: Option<String>,
    packages: Option<Installed>,
    /// Whether newer packages of the same release count as an upgrade; 0 is no.
    upgrade_packages: Option<Value>,
}

/// The answer; the fields that do not apply are left out, as they always were.
#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    upgrades: BTreeMap<String, [String; 2]>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    packages: BTreeMap<String, String>,
    request_hash: String,
}

/// `POST /api/upgrade-check`
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    bytes: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(bytes) = bytes else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    let Ok(question) = serde_json::from_slice::<Question>(&bytes) else {
        return (StatusCode::BAD_REQUEST, Json(json!([]))).into_response();
    };
    if let Some(hash) = &question.request_hash {
        return stored(&api, hash).await;
    }
    let packages_count = question.counts_packages();
    let request = match question.into_plan_request() {
        Ok(request) => request,
        Err((status, text)) => return error(status, &text),
    };
    match api.offer.plan(request.clone()).await {
        Ok(plan) => answer(&api, &request, &plan, packages_count).await,
        Err(reason) => refused(reason),
    }
}

/// `GET /api/upgrade-check/{request_hash}`
pub(crate) async fn look<O: Offer>(
    State(api): State<Api<O>>,
    Path(request_hash): Path<String>,
) -> Response {
    stored(&api, &request_hash).await
}

impl Question {
    fn counts_packages(&self) -> bool {
        let no = |value: &Value| matches!(value, Value::Bool(false)) || value == 0 || value == "0";
        !self.upgrade_packages.as_ref().is_some_and(no)
    }

    /// The same question in today's words, or the status and text to refuse it with.
    fn into_plan_request(self) -> Result<PlanRequest, (StatusCode, String)> {
        let missing = || {
            let text = "distro, version, target and subtarget are needed";
            (StatusCode::BAD_REQUEST, text.to_owned())
        };
        let version = self.version.ok_or_else(missing)?;
        let (target, subtarget) = self.target.zip(self.subtarget).ok_or_else(missing)?;
        let target = format!("{target}/{subtarget}");
        let unknown = |what: &str, given: &str| {
            (
                StatusCode::PRECONDITION_FAILED,
                format!("unknown {what} {given}"),
            )
        };
        Ok(PlanRequest {
            distro: distribution(self.distro),
            version: VersionName::try_from(
                version.to_ascii_lowercase().replace("snapshot", "SNAPSHOT"),
            )
            .map_err(|_| unknown("release", &version))?,
            target: Target::try_from(target.clone()).map_err(|_| unknown("target", &target))?,
            profile: self.board.and_then(|board| board.try_into().ok()),
            packages: self.packages.unwrap_or_default(),
            // What the person sees and decides on; nothing is built from this answer.
            allow_downgrade: true,
            revision: String::new(),
            to: None,
            add: Vec::new(),
            remove: Vec::new(),
            flavor: None,
            network_profile: None,
            filesystem: None,
            rootfs_size_mb: None,
            router: RouterFacts::default(),
        })
    }
}

/// Clients of the time send the name a release file has: `LEDE`, `OpenWrt`.
fn distribution(given: Option<String>) -> String {
    given.map_or_else(|| "openwrt".to_owned(), |name| name.to_ascii_lowercase())
}

async fn stored<O: Offer>(api: &Api<O>, request_hash: &str) -> Response {
    match api.store.check(request_hash, api.now()).await {
        Ok(Some(answer)) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::OK, kind, answer).into_response()
        }
        Ok(None) => error(StatusCode::NOT_FOUND, "unknown request hash"),
        Err(failure) => broken(&failure),
    }
}

async fn answer<O: Offer>(
    api: &Api<O>,
    request: &PlanRequest,
    plan: &Plan,
    packages_count: bool,
) -> Response {
    // A snapshot has no version of its own, so it is always offered again.
    let newer = plan.to.version != plan.from.version || plan.to.version.ends_with("SNAPSHOT");
    let mut answer = Answer {
        version: newer.then(|| plan.to.version.clone()),
        upgrades: if newer || packages_count {
            upgrades(plan)
        } else {
            BTreeMap::new()
        },
        packages: if request.packages.0.is_empty() {
            BTreeMap::new()
        } else {
            selection(plan)
        },
        request_hash: String::new(),
    };
    answer.request_hash = hash(request, &answer);
    let text = json!(answer).to_string();
    let kept = api
        .store
        .keep_check(&answer.request_hash, &text, api.now(), KEEP)
        .await;
    if let Err(failure) = kept {
        return broken(&failure);
    }
    let Ok(hash) = HeaderValue::from_str(&answer.request_hash) else {
        return broken(&"a hash that is no header value");
    };
    if answer.version.is_none() && answer.upgrades.is_empty() {
        return (StatusCode::NO_CONTENT, [(REQUEST_HASH, hash)]).into_response();
    }
    (StatusCode::OK, [(REQUEST_HASH, hash)], Json(answer)).into_response()
}

/// The new version first, as the original has it.
fn upgrades(plan: &Plan) -> BTreeMap<String, [String; 2]> {
    let differing = plan.changes.iter().filter_map(|change| {
        let (new, old) = (change.new.clone()?, change.old.clone()?);
        (new != old && change.fate != Fate::Replaced).then(|| (change.name.clone(), [new, old]))
    });
    differing.collect()
}

/// What to ask the image with: the packages wanted on purpose, after renames and drops.
fn selection(plan: &Plan) -> BTreeMap<String, String> {
    let changes = plan.changes.iter();
    let named = changes.filter_map(|change| Some((change.name.clone(), change.new.clone()?)));
    named.collect()
}

/// The first 16 digits, as the original has them; enough, since an answer holds no secret.
fn hash(request: &PlanRequest, answer: &Answer) -> String {
    let question = json!([request, answer.version, answer.upgrades, answer.packages]);
    hex::encode(&Sha256::digest(question.to_string())[..8])
}

fn refused(reason: Unplannable) -> Response {
    match reason {
        Unplannable::Catalog(catalog) => refused_by_catalog(&catalog),
        Unplannable::Problems(problems) => problematic(&problems),
    }
}

fn refused_by_catalog(refusal: &CatalogError) -> Response {
    let text = match refusal {
        CatalogError::UnsupportedDistro(name) => format!("unknown distribution {name}"),
        CatalogError::UnsupportedBranch(version) | CatalogError::UnsupportedVersion(version) => {
            format!("unknown release {version}")
        }
        CatalogError::UnsupportedTarget(target) => format!("unknown target {target}"),
        CatalogError::UnsupportedProfile(_) => {
            "unknown device, please check model and board params".to_owned()
        }
        CatalogError::NothingNewer(_) => return StatusCode::NO_CONTENT.into_response(),
        fault => return unavailable(fault),
    };
    error(StatusCode::PRECONDITION_FAILED, &text)
}

fn problematic(problems: &[PlanProblem]) -> Response {
    let unknown = problems
        .iter()
        .find(|problem| problem.code == "no-such-package");
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(name) = unknown.and_then(|problem| problem.packages.first()) else {
        let told = json!({"error": plans::summary(problems), "problems": problems});
        return (status, Json(told)).into_response();
    };
    let text = format!("could not find package '{name}' for requested target");
    let mut response = (status, Json(json!({"error": text, "problems": problems}))).into_response();
    if let Ok(value) = HeaderValue::from_str(name) {
        response.headers_mut().insert(UNKNOWN_PACKAGE, value);
    }
    response
}

fn error(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"error": text}))).into_response()
}

fn unavailable(failure: &CatalogError) -> Response {
    tracing::error!(%failure, "an upgrade check could not be answered");
    let text = "the mirror cannot be reached; please try again in a few minutes";
    error(StatusCode::BAD_GATEWAY, text)
}

fn broken(failure: &impl std::fmt::Display) -> Response {
    tracing::error!(%failure, "an upgrade check could not be answered");
    let text = "the server could not do this because of a fault of its own";
    error(StatusCode::INTERNAL_SERVER_ERROR, text)
}
