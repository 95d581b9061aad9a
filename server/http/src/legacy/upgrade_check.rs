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
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::REQUEST_HASH;
use super::refusal::{self, ErrorText, Refusal};
use super::wish;
use crate::api::Unplannable;
use crate::path::Path;
use crate::{Api, Offer, OfferedDistribution};

/// How long an answer can be asked for again.
const KEEP: Duration = Duration::from_hours(24);

/// The question, as its clients ask it; unknown fields are passed over.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpgradeCheck2017)]
pub(crate) struct Question {
    /// Alone: that answer again.
    request_hash: Option<String>,
    /// A distribution's name or alias, in any case; without it `openwrt`.
    distro: Option<String>,
    /// The release installed.
    #[schema(examples("23.05.5"))]
    version: Option<String>,
    /// `ath79`.
    #[schema(examples("ath79"))]
    target: Option<String>,
    /// `generic`.
    #[schema(examples("generic"))]
    subtarget: Option<String>,
    /// `board_name`, where the client tells; then the device's own packages count, too.
    board: Option<String>,
    /// The packages installed on purpose.
    packages: Option<Installed>,
    /// Whether newer packages of the same release count as an upgrade; 0 is no.
    upgrade_packages: Option<Value>,
}

/// The answer; the fields that do not apply are left out, as they always were.
#[derive(Serialize, ToSchema)]
#[schema(as = Upgrade2017)]
pub(crate) struct Answer {
    /// The newer release, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    version: Option<String>,
    /// The new and the installed version of each package that changes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    upgrades: BTreeMap<String, [String; 2]>,
    /// What to ask the image with, after renames and drops.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    packages: BTreeMap<String, String>,
    /// To ask for this answer again, within a day.
    request_hash: String,
}

/// Ask whether there is anything newer.
///
/// A newer release, or newer packages of the same one.
#[utoipa::path(post, path = "/api/upgrade-check", tag = "2017", request_body = Question, responses(
    (status = 200, body = Answer, description = "There is.",
        headers(("X-Request-Hash" = String, description = "`request_hash`"))),
    (status = 204, description = "There is nothing newer.",
        headers(("X-Request-Hash" = String, description = "to ask for the answer again; \
            absent where the release itself is unknown"))),
    (status = 400, body = refusal::Told, description = "Something is missing or has the wrong form."),
    (status = 404, body = ErrorText, description = "`request_hash` is unknown, or a day has passed."),
    (status = 412, body = ErrorText,
        description = "Unknown distribution, release, target or device."),
    (status = 413, body = ErrorText, description = "The request is over 256 KiB."),
    (status = 422, body = ErrorText, description = "A package the release does not have.",
        headers(("X-Unknown-Package" = String, description = "the package"))),
    (status = 500, body = ErrorText, description = "This server is at fault."),
    (status = 502, body = ErrorText, description = "The mirror cannot be reached."),
))]
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

/// An answer of the upgrade check again.
#[utoipa::path(get, path = "/api/upgrade-check/{request_hash}", tag = "2017",
    params(("request_hash" = String, Path, description = "From the answer.")),
    responses(
        (status = 200, body = Answer, description = "The same answer."),
        (status = 404, body = ErrorText, description = "It is unknown, or a day has passed."),
        (status = 500, body = ErrorText, description = "This server is at fault."),
    ))]
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
