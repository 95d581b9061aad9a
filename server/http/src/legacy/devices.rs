//! Which devices a release has, and what is in their images by default.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::{TargetProfiles, defaults};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::images::halves;
use super::profile;
use super::query::Asked;
use super::refusal::Refusal;
use super::requests::called;
use crate::{Api, Offer};

/// How many devices are listed at most.
const MOST: usize = 500;
/// How long a search waits for targets that nobody asked for yet; the next one finds them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many targets are read at once.
const AT_ONCE: usize = 4;

type Parameters = Result<Query<Asked>, QueryRejection>;

/// `GET /api/models?distro=&version=&model_search=`: devices whose name, profile or target has the
/// text in it, in whatever case.
pub(crate) async fn models<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Value>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::empty_list())?;
    let searched = asked.model_search.as_deref().map(str::to_lowercase);
    let searched = searched.ok_or_else(Refusal::empty_list)?;
    let version = asked.version()?;
    let targets = targets(&api, asked.distro.as_deref(), &version).await?;
    let mut found = Vec::new();
    for profiles in read(&api.offer, &version, targets).await {
        matching(&profiles, &searched, &mut found);
    }
    found.sort_by_cached_key(|device| device["model"].to_string());
    found.truncate(MOST);
    Ok(Json(Value::Array(found)))
}

/// The targets of a release that is offered; of no other release anything is read.
async fn targets<O: Offer>(
    api: &Api<O>,
    distro: Option<&str>,
    version: &VersionName,
) -> Result<Vec<Target>, Refusal> {
    let distributions = api.offer.distributions().await;
    let mut releases = called(&distributions, distro)?.releases.iter();
    let release = releases.find(|release| release.version == version.as_str());
    let release = release.ok_or_else(|| Refusal::unknown("release", version.as_str()))?;
    let targets = release.targets.iter();
    Ok(targets.filter_map(|target| target.parse().ok()).collect())
}

/// The devices of the targets, as far as they can be had in time.
async fn read<O: Offer>(
    offer: &O,
    version: &VersionName,
    targets: Vec<Target>,
) -> Vec<Arc<TargetProfiles>> {
    let until = Instant::now() + PATIENCE;
    let (mut waiting, mut reading) = (targets.into_iter(), JoinSet::new());
    let mut all = Vec::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(target) = waiting.next()
        {
            let (offer, version) = (offer.clone(), version.clone());
            reading.spawn(async move { offer.profiles(&version, &target).await });
        }
        match timeout_at(until, reading.join_next()).await {
            Ok(Some(Ok(Ok(profiles)))) => all.push(profiles),
            Ok(Some(failed)) => tracing::debug!(?failed, "a target is not searched"),
            Ok(None) | Err(_) => return all,
        }
    }
}

fn matching(profiles: &TargetProfiles, searched: &str, found: &mut Vec<Value>) {
    let has = |text: &str| text.to_lowercase().contains(searched);
    let (target, subtarget) = halves(&profiles.target);
    let all = has(&profiles.target);
    for (id, profile) in &profiles.profiles {
        let names: Vec<String> = profile.titles.iter().map(profile::full).collect();
        if found.len() < MOST * 2 && (all || has(id) || names.iter().any(|name| has(name))) {
            let model = names.first().unwrap_or(id);
            found.push(json!({"model": model, "profile": id, "target": target,
                "subtarget": subtarget}));
        }
    }
}

/// `GET /api/packages_image?distro=&version=&target=&subtarget=&profile=`, once
/// `/api/default_packages`: what an image has without being asked for.
pub(crate) async fn packages<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<BTreeSet<String>>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::empty_list())?;
    let (version, target) = (asked.version()?, asked.target()?);
    let board = asked.profile.as_deref().ok_or_else(Refusal::empty_list)?;
    let distributions = api.offer.distributions().await;
    called(&distributions, asked.distro.as_deref())?;
    let profiles = api.offer.profiles(&version, &target).await;
    let profiles = profiles.map_err(|error| Refusal::in_place(error, &distributions))?;
    let id = profile::find(&profiles, &[board], None).ok_or_else(Refusal::unknown_device)?;
    Ok(Json(default_packages(&profiles, id.as_str())))
}

fn default_packages(profiles: &TargetProfiles, id: &str) -> BTreeSet<String> {
    let device = profiles.profiles.get(id);
    let device = device.map_or(&[][..], |profile| &profile.device_packages);
    let packages = defaults(&profiles.default_packages, device);
    packages.into_iter().map(str::to_owned).collect()
}
