//! Which devices a release has, and what is in their images by default.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::{TargetProfiles, defaults};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::images::halves;
use super::profile;
use super::query::Asked;
use super::refusal::{ErrorText, Refusal, Told};
use super::requests::called;
use crate::{Api, Offer};

/// How many devices are listed at most.
const MOST: usize = 500;
/// How long a search waits for targets that nobody asked for yet; the next one finds them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many targets are read at once.
const AT_ONCE: usize = 4;

type Parameters = Result<Query<Asked>, QueryRejection>;

/// A device.
#[derive(Serialize, ToSchema)]
#[schema(as = Device2017)]
pub(crate) struct Device {
    /// Its name for people.
    model: String,
    profile: String,
    target: String,
    subtarget: String,
}

/// Devices whose name, profile or target has a text in it, in whatever case; at most 500.
#[utoipa::path(get, path = "/api/models", tag = "2017",
    params(("distro" = Option<String>, Query, description = "A distribution's name or alias, in any case."), ("version" = Option<String>, Query, example = "24.10.2", description = "The release; also `release`. It is needed."), ("model_search" = Option<String>, Query, example = "archer", description = "The text. It is needed.")),
    responses(
        (status = 200, body = Vec<Device>, description = "The devices."),
        (status = 400, body = Told, description = "A parameter is missing or has the wrong form."),
        (status = 412, body = ErrorText, description = "Unknown distribution, release, target or device."),
    ))]
pub(crate) async fn models<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Vec<Device>>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::empty_list())?;
    let searched = asked.model_search.as_deref().map(str::to_lowercase);
    let searched = searched.ok_or_else(Refusal::empty_list)?;
    let version = asked.version()?;
    let targets = targets(&api, asked.distro.as_deref(), &version).await?;
    let mut found = Vec::new();
    for profiles in read(&api.offer, &version, targets).await {
        matching(&profiles, &searched, &mut found);
    }
    found.sort_by(|a: &Device, b| a.model.cmp(&b.model));
    found.truncate(MOST);
    Ok(Json(found))
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

fn matching(profiles: &TargetProfiles, searched: &str, found: &mut Vec<Device>) {
    let has = |text: &str| text.to_lowercase().contains(searched);
    let (target, subtarget) = halves(&profiles.target);
    let all = has(&profiles.target);
    for (id, profile) in &profiles.profiles {
        let names: Vec<String> = profile.titles.iter().map(profile::full).collect();
        if found.len() < MOST * 2 && (all || has(id) || names.iter().any(|name| has(name))) {
            let model = names.first().unwrap_or(id);
            found.push(Device {
                model: model.clone(),
                profile: id.clone(),
                target: target.to_owned(),
                subtarget: subtarget.to_owned(),
            });
        }
    }
}

/// What an image has without being asked for.
#[utoipa::path(get, path = "/api/packages_image", tag = "2017",
    params(("distro" = Option<String>, Query, description = "A distribution's name or alias, in any case."), ("version" = Option<String>, Query, example = "24.10.2", description = "The release; also `release`. It is needed."), ("target" = Option<String>, Query, example = "ath79", description = "`ath79`; it is needed."), ("subtarget" = Option<String>, Query, example = "generic", description = "`generic`; it is needed."), ("profile" = Option<String>, Query, example = "tplink,archer-c7-v5", description = "The device; it is needed.")),
    responses(
        (status = 200, body = BTreeSet<String>, description = "Packages."),
        (status = 400, body = Told, description = "A parameter is missing or has the wrong form."),
        (status = 412, body = ErrorText, description = "Unknown distribution, release, target or device."),
        (status = 502, body = ErrorText, description = "The mirror cannot be reached."),
    ))]
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
