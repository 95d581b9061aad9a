//! The JSON documents about what can be built.

use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::{Branch, Overview};
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::release;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{Api, Offer};

/// `/json/v1/overview.json`
pub(crate) async fn overview<O: Offer>(State(api): State<Api<O>>) -> Json<Overview> {
    Json(Overview {
        server: api.limits.shown(),
        ..api.offer.overview().await
    })
}

/// `/json/v1/latest.json`
pub(crate) async fn latest<O: Offer>(State(api): State<Api<O>>) -> Json<Value> {
    Json(json!({"latest": api.offer.latest().await}))
}

/// `/json/v1/branches.json`: the overview's branches as a list, newest first.
pub(crate) async fn branches<O: Offer>(State(api): State<Api<O>>) -> Json<Vec<Branch>> {
    Json(newest_first(api.offer.overview().await))
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
) -> Result<Response, Failure> {
    arch(&api, version, &file).await
}

/// `/json/v1/snapshots/packages/{arch}-index.json`
pub(crate) async fn arch_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    arch(&api, "SNAPSHOT".to_owned(), &file).await
}

async fn arch<O: Offer>(api: &Api<O>, version: String, file: &str) -> Result<Response, Failure> {
    let version = version_name(version)?;
    let arch = file
        .strip_suffix("-index.json")
        .ok_or_else(Failure::not_found)?;
    let index = api.offer.arch_index(&version, arch).await;
    Ok(Json(index.map_err(Failure::no_document)?).into_response())
}

/// `/json/v1/releases/{version}/targets/{target}/{subtarget}/{index|profile}.json`
pub(crate) async fn target_of_release<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, target, subtarget, file)): Path<(String, String, String, String)>,
) -> Result<Response, Failure> {
    of_target(&api, version, format!("{target}/{subtarget}"), &file).await
}

/// `/json/v1/snapshots/targets/{target}/{subtarget}/{index|profile}.json`
pub(crate) async fn target_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path((target, subtarget, file)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    of_target(
        &api,
        "SNAPSHOT".to_owned(),
        format!("{target}/{subtarget}"),
        &file,
    )
    .await
}

async fn of_target<O: Offer>(
    api: &Api<O>,
    version: String,
    target: String,
    file: &str,
) -> Result<Response, Failure> {
    let version = version_name(version)?;
    let target = Target::try_from(target).map_err(|_| Failure::not_found())?;
    let name = file.strip_suffix(".json").ok_or_else(Failure::not_found)?;
    if name == "index" {
        let index = api.offer.target_index(&version, &target).await;
        return Ok(Json(index.map_err(Failure::no_document)?).into_response());
    }
    let profiles = api.offer.profiles(&version, &target).await;
    let profiles = profiles.map_err(Failure::no_document)?;
    let profile = profile_of(&profiles, name).ok_or_else(|| {
        Failure::no_document(asu_catalog::CatalogError::UnsupportedProfile(
            name.to_owned(),
        ))
    })?;
    Ok(Json(profile).into_response())
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
) -> Result<Json<Value>, Failure> {
    use asu_catalog::CatalogError::{UnsupportedBranch, UnsupportedVersion};
    let unsupported = UnsupportedVersion(version.clone());
    let of = format!("{version}/{target}/{subtarget}");
    let Ok(version) = VersionName::try_from(version) else {
        return Err(unsupported.into());
    };
    let target =
        Target::try_from(format!("{target}/{subtarget}")).map_err(|_| Failure::not_found())?;
    match api.offer.profiles(&version, &target).await {
        Ok(profiles) => Ok(Json(json!({"revision": profiles.version_code}))),
        Err(UnsupportedVersion(_) | UnsupportedBranch(_)) => Err(unsupported.into()),
        Err(error) => Err(Failure::no_revision(&of, &error)),
    }
}

fn version_name(version: String) -> Result<VersionName, Failure> {
    VersionName::try_from(version).map_err(|_| Failure::not_found())
}
