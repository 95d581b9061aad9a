//! Which distributions, releases and targets there are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde_json::{Value, json};

use super::images::halves;
use super::query::Asked;
use super::refusal::Refusal;
use super::requests::called;
use crate::{Api, Offer, OfferedDistribution, OfferedRelease};

type Parameters = Result<Query<Asked>, QueryRejection>;

/// `GET /api/distros`
pub(crate) async fn distros<O: Offer>(State(api): State<Api<O>>) -> Json<Value> {
    let distributions = api.offer.distributions().await;
    let shown = distributions.iter().map(|known| {
        json!({"name": known.name, "alias": known.title, "aliases": known.aliases,
            "latest": known.latest})
    });
    Json(shown.collect())
}

/// `GET /api/versions[?distro=]`, once `/api/releases`: newest first.
pub(crate) async fn versions<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Value>, Refusal> {
    let shown = |known: &OfferedDistribution, release: &OfferedRelease| {
        json!({"distro": known.name, "version": release.version, "release": release.version,
            "snapshot": release.snapshot,
            "latest": known.latest.as_ref() == Some(&release.version)})
    };
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        list.extend(known.releases.iter().map(|release| shown(&known, release)));
    }
    Ok(Json(Value::Array(list)))
}

/// `GET /api/network_profiles[?distro=]`
pub(crate) async fn network_profiles<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Value>, Refusal> {
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        for set in &known.network_profiles {
            let mut shown = json!(set);
            shown["distro"] = json!(known.name);
            list.push(shown);
        }
    }
    Ok(Json(Value::Array(list)))
}

/// `GET /supported?json=1[&distro=]`: the targets of every release.
pub(crate) async fn supported<O: Offer>(
    State(api): State<Api<O>>,
    asked: Parameters,
) -> Result<Json<Value>, Refusal> {
    let mut list = Vec::new();
    for known in chosen(&api, asked).await? {
        for release in &known.releases {
            list.extend(targets(release).into_iter().map(|(target, subtargets)| {
                json!({"distro": known.name, "release": release.version, "target": target,
                    "subtargets": subtargets})
            }));
        }
    }
    Ok(Json(Value::Array(list)))
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
