//! The upgrade check of the 2017 API: is there a newer release, are there newer packages?
//!
//! `POST /api/upgrade-check` (once `/update-request`) and `GET /api/upgrade-check/{hash}`. Its shape
//! is that of the original; the plan behind it is that of `/api/v1/plan`, so a package that was
//! renamed or dropped is no error here either.

use std::collections::BTreeMap;
use std::time::Duration;

use asu_catalog::CatalogError;
use asu_protocol::plan::{Fate, Installed, Plan, PlanRequest};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::REQUEST_HASH;
use super::refusal::Refusal;
use super::wish;
use crate::api::Unplannable;
use crate::{Api, Offer, OfferedDistribution};

/// How long an answer can be asked for again.
const KEEP: Duration = Duration::from_hours(24);

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
        return Refusal::too_large().into_response();
    };
    let Ok(question) = serde_json::from_slice::<Question>(&bytes) else {
        return Refusal::empty_list().into_response();
    };
    if let Some(hash) = &question.request_hash {
        return stored(&api, hash).await;
    }
    let packages_count = question.counts_packages();
    let request = match question.into_plan_request() {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    match api.offer.plan(request.clone()).await {
        Ok(plan) => answer(&api, &request, &plan, packages_count).await,
        Err(reason) => refused(reason, &api.offer.distributions().await),
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

    /// The same question in today's words.
    fn into_plan_request(self) -> Result<PlanRequest, Refusal> {
        let missing = || Refusal::bad("distro, version, target and subtarget are needed");
        let version = self.version.ok_or_else(missing)?;
        let (target, subtarget) = self.target.zip(self.subtarget).ok_or_else(missing)?;
        let distro = wish::distribution(self.distro.as_deref());
        let (version, target) = (wish::version(&version)?, wish::target(&target, &subtarget)?);
        Ok(PlanRequest {
            profile: self.board.and_then(|board| board.try_into().ok()),
            packages: self.packages.unwrap_or_default(),
            // What the person sees and decides on; nothing is built from this answer.
            allow_downgrade: true,
            ..PlanRequest::new(distro, version, target)
        })
    }
}

async fn stored<O: Offer>(api: &Api<O>, request_hash: &str) -> Response {
    match api.store.check(request_hash, api.now()).await {
        Ok(Some(answer)) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::OK, kind, answer).into_response()
        }
        Ok(None) => Refusal::unknown_hash().into_response(),
        Err(failure) => Refusal::from(failure).into_response(),
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
        return Refusal::from(failure).into_response();
    }
    let Ok(hash) = HeaderValue::from_str(&answer.request_hash) else {
        return Refusal::broken(&"a hash that is no header value").into_response();
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

fn refused(reason: Unplannable, known: &[OfferedDistribution]) -> Response {
    match reason {
        Unplannable::Catalog(CatalogError::NothingNewer(_)) => {
            StatusCode::NO_CONTENT.into_response()
        }
        Unplannable::Catalog(refusal) => Refusal::in_place(refusal, known).into_response(),
        Unplannable::Problems(problems) => Refusal::problematic(&problems).into_response(),
    }
}
