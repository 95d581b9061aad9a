//! Which distributions, releases and targets there are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::images::halves;
use super::query::Asked;
use super::refusal::{ErrorText, Refusal, Told};
use super::requests::called;
use crate::{Api, Offer, OfferedDistribution, OfferedRelease, OfferedSet};

type Parameters = Result<Query<Asked>, QueryRejection>;

/// A distribution.
#[derive(Serialize, ToSchema)]
#[schema(as = Distribution2017)]
pub(crate) struct Distribution {
    /// What requests call it.
    name: String,
    /// What people call it.
    alias: String,
    /// What else requests may call it.
    aliases: Vec<String>,
    /// The newest stable release.
    latest: Option<String>,
}

/// A release.
#[derive(Serialize, ToSchema)]
#[schema(as = Release2017)]
pub(crate) struct KnownRelease {
    distro: String,
    version: String,
    /// The same.
    release: String,
    /// Whether it changes from day to day.
    snapshot: bool,
    /// Whether it is the newest stable one.
    latest: bool,
}

/// A community's packages.
#[derive(Serialize, ToSchema)]
#[schema(as = NetworkProfile2017)]
pub(crate) struct NetworkProfile {
    distro: String,
    /// What requests call it.
    name: String,
    /// For a person; may be empty.
    description: String,
    /// With a leading `-`: to leave out.
    packages: Vec<String>,
}

/// A target of a release with its subtargets.
#[derive(Serialize, ToSchema)]
#[schema(as = Supported2017)]
pub(crate) struct Supported {
    distro: String,
    release: String,
    target: String,
    subtargets: Vec<String>,
}

/// The distributions.
#[utoipa::path(get, path = "/api/distros", tag = "2017",
    responses(
        (status = 200, body = Vec<Distribution>, description = "All of them."),
    ))]
pub(crate) async fn distros<O: Offer>(State(api): State<Api<O>>) -> Json<Vec<Distribution>> {
    let distributions = api.offer.distributions().await;
    let shown = distributions.into_iter().map(|known| Distribution {
        name: known.name,
        alias: known.title,
        aliases: known.aliases,
        latest: known.latest,
    });
    Json(shown.collect())
}

/// The releases, newest first.
#[utoipa::path(get, path = "/api/versions", tag = "2017",
    params(("distro" = Option<String>, Query, description = "A distribution's name or alias, in any case.")),
    responses(
        (status = 200, body = Vec<KnownRelease>, description = "Of the distribution, or of all."),
        (status = 400, body = Told, description = "A parameter is missing or has the wrong form."),
        (status = 412, body = ErrorText, description = "Unknown distribution, release, target or device."),
    ))]
pub(crate) async fn versions<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Vec<KnownRelease>>, Refusal> {
    let shown = |known: &OfferedDistribution, release: &OfferedRelease| KnownRelease {
        distro: known.name.clone(),
        version: release.version.clone(),
        release: release.version.clone(),
        snapshot: release.snapshot,
        latest: known.latest.as_ref() == Some(&release.version),
    };
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        list.extend(known.releases.iter().map(|release| shown(&known, release)));
    }
    Ok(Json(list))
}

/// The package sets of communities.
#[utoipa::path(get, path = "/api/network_profiles", tag = "2017",
    params(("distro" = Option<String>, Query, description = "A distribution's name or alias, in any case.")),
    responses(
        (status = 200, body = Vec<NetworkProfile>, description = "Of the distribution, or of all."),
        (status = 400, body = Told, description = "A parameter is missing or has the wrong form."),
        (status = 412, body = ErrorText, description = "Unknown distribution, release, target or device."),
    ))]
pub(crate) async fn network_profiles<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Vec<NetworkProfile>>, Refusal> {
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        let sets = known.network_profiles.into_iter();
        list.extend(sets.map(|set| of_community(&known.name, set)));
    }
    Ok(Json(list))
}

fn of_community(distro: &str, set: OfferedSet) -> NetworkProfile {
    NetworkProfile {
        distro: distro.to_owned(),
        name: set.name,
        description: set.description,
        packages: set.packages,
    }
}

/// The targets of every release.
#[utoipa::path(get, path = "/supported", tag = "2017",
    params(("distro" = Option<String>, Query, description = "A distribution's name or alias, in any case."), ("json" = Option<String>, Query, description = "Clients send 1; the answer is JSON in any case.")),
    responses(
        (status = 200, body = Vec<Supported>, description = "Of the distribution, or of all."),
        (status = 400, body = Told, description = "A parameter is missing or has the wrong form."),
        (status = 412, body = ErrorText, description = "Unknown distribution, release, target or device."),
    ))]
pub(crate) async fn supported<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Vec<Supported>>, Refusal> {
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        for release in &known.releases {
            list.extend(
                targets(release)
                    .into_iter()
                    .map(|(target, subtargets)| Supported {
                        distro: known.name.clone(),
                        release: release.version.clone(),
                        target: target.to_owned(),
                        subtargets: subtargets.into_iter().map(str::to_owned).collect(),
                    }),
            );
        }
    }
    Ok(Json(list))
}

fn targets(release: &OfferedRelease) -> BTreeMap<&str, Vec<&str>> {
    let mut targets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (target, subtarget) in release.targets.iter().map(|target| halves(target)) {
        targets.entry(target).or_default().push(subtarget);
    }
    targets
}

/// The distribution asked about, or all of them.
async fn chosen<O: Offer>(
    api: &Api<O>,
    asked: Parameters,
) -> Result<Vec<OfferedDistribution>, Refusal> {
    let Ok(Query(asked)) = asked else {
        return Err(Refusal::empty_list());
    };
    let distributions = api.offer.distributions().await;
    match asked.distro.as_deref() {
        None => Ok(distributions),
        named => Ok(vec![called(&distributions, named)?.clone()]),
    }
}
