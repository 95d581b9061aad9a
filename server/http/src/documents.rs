//! The JSON documents about what can be built.

use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::{Branch, Overview};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use asu_protocol::release;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Failure, cut};
use crate::{Api, Offer};

/// How much of a wrong name is repeated, characters.
const SHOWN: usize = 64;
const SNAPSHOT: &str = "SNAPSHOT";

/// `/json/v1/overview.json`
pub(crate) async fn overview<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let overview = async {
        Ok(Overview {
            server: api.limits.shown(),
            ..known(&api).await?
        })
    };
    api.hot
        .document("/json/v1/overview.json", &headers, overview)
        .await
}

/// `/json/v1/latest.json`
pub(crate) async fn latest<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let latest = async { Ok(json!({"latest": known(&api).await?.latest})) };
    api.hot
        .document("/json/v1/latest.json", &headers, latest)
        .await
}

/// `/json/v1/branches.json`: the overview's branches as a list, newest first.
pub(crate) async fn branches<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let branches = async { Ok(newest_first(known(&api).await?)) };
    api.hot
        .document("/json/v1/branches.json", &headers, branches)
        .await
}

/// The overview, once there is any release: an empty one would tell clients that theirs is gone.
async fn known<O: Offer>(api: &Api<O>) -> Result<Overview, Failure> {
    let overview = api.offer.overview().await;
    if overview.branches.is_empty() {
        return Err(Failure::nothing_known());
    }
    Ok(overview)
}

pub(crate) fn newest_first(overview: Overview) -> Vec<Branch> {
    let mut branches: Vec<Branch> = overview.branches.into_values().collect();
    branches.sort_by(|a, b| release::compare(&b.name, &a.name));
    branches
}

/// `/json/v1/releases/{version}/packages/{arch}-index.json`
pub(crate) async fn arch_of_release<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/json/v1/releases/{version}/packages/{file}");
    let index = arch(&api, version, &file);
    api.hot.document(&path, &headers, index).await
}

/// `/json/v1/snapshots/packages/{arch}-index.json`
pub(crate) async fn arch_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let of = Path((SNAPSHOT.to_owned(), file));
    arch_of_release(State(api), of, headers).await
}

async fn arch<O: Offer>(api: &Api<O>, version: String, file: &str) -> Result<ArchIndex, Failure> {
    let version = version_name(version)?;
    let arch = file
        .strip_suffix("-index.json")
        .ok_or_else(Failure::not_found)?;
    let index = api.offer.arch_index(&version, arch).await;
    index.map_err(Failure::no_document)
}

/// `/json/v1/releases/{version}/targets/{target}/{subtarget}/{index|profile}.json`
pub(crate) async fn target_of_release<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, target, subtarget, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/json/v1/releases/{version}/targets/{target}/{subtarget}/{file}");
    let document = of_target(&api, version, format!("{target}/{subtarget}"), &file);
    api.hot.document(&path, &headers, document).await
}

/// `/json/v1/snapshots/targets/{target}/{subtarget}/{index|profile}.json`
pub(crate) async fn target_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path((target, subtarget, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let of = Path((SNAPSHOT.to_owned(), target, subtarget, file));
    target_of_release(State(api), of, headers).await
}

/// One of two documents that lie side by side.
#[derive(Serialize)]
#[serde(untagged)]
enum OfTarget {
    Index(TargetIndex),
    Profile(Value),
}

async fn of_target<O: Offer>(
    api: &Api<O>,
    version: String,
    target: String,
    file: &str,
) -> Result<OfTarget, Failure> {
    let version = version_name(version)?;
    let target = Target::try_from(target).map_err(|_| Failure::not_found())?;
    let name = file.strip_suffix(".json").ok_or_else(Failure::not_found)?;
    if name == "index" {
        let index = api.offer.target_index(&version, &target).await;
        return index.map(OfTarget::Index).map_err(Failure::no_document);
    }
    let profiles = api.offer.profiles(&version, &target).await;
    let profiles = profiles.map_err(Failure::no_document)?;
    let unknown = || asu_catalog::CatalogError::UnsupportedProfile(cut(name, SHOWN));
    profile_of(&profiles, name)
        .map(OfTarget::Profile)
        .ok_or_else(|| Failure::no_document(unknown()))
}

/// One profile with the facts of its target around it, and not the other profiles.
fn profile_of(profiles: &TargetProfiles, name: &str) -> Option<Value> {
    let profile = profiles.profiles.get(name)?;
    let target = TargetProfiles {
        profiles: std::collections::BTreeMap::new(),
        ..profiles.clone()
    };
    let mut document = serde_json::to_value(target).ok()?;
    let fields = document.as_object_mut()?;
    fields.remove("profiles");
    if let Value::Object(of_profile) = serde_json::to_value(profile).ok()? {
        fields.extend(of_profile);
    }
    let built = i64::try_from(profiles.source_date_epoch).ok()?;
    let built = Timestamp::from_second(built).ok()?;
    fields.insert("id".to_owned(), json!(name));
    fields.insert("build_at".to_owned(), json!(built.to_string()));
    Some(document)
}

/// `/api/v1/revision/{version}/{target}/{subtarget}`
pub(crate) async fn revision<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, target, subtarget)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/api/v1/revision/{version}/{target}/{subtarget}");
    let made = revision_of(&api, version, format!("{target}/{subtarget}"));
    api.hot.document(&path, &headers, made).await
}

async fn revision_of<O: Offer>(
    api: &Api<O>,
    version: String,
    target: String,
) -> Result<Value, Failure> {
    use asu_catalog::CatalogError::{UnsupportedBranch, UnsupportedVersion};
    let unsupported = UnsupportedVersion(cut(&version, SHOWN));
    let of = format!("{version}/{target}");
    let Ok(version) = VersionName::try_from(version) else {
        return Err(unsupported.into());
    };
    let target = Target::try_from(target).map_err(|_| Failure::not_found())?;
    match api.offer.profiles(&version, &target).await {
        Ok(profiles) => Ok(json!({"revision": profiles.version_code})),
        Err(UnsupportedVersion(_) | UnsupportedBranch(_)) => Err(unsupported.into()),
        Err(error) => Err(Failure::no_revision(&of, &error)),
    }
}

fn version_name(version: String) -> Result<VersionName, Failure> {
    VersionName::try_from(version).map_err(|_| Failure::not_found())
}
