//! What is asked for most.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::images::halves;
use super::refusal::Refusal;
use crate::{Api, Offer};

/// How many are listed.
const MOST: u32 = 50;

type Answer = Result<Json<Value>, Refusal>;

/// `GET /api/v1/stats/popular_packages`
pub(crate) async fn packages<O: Offer>(State(api): State<Api<O>>) -> Answer {
    let ranked = api.store.popular_packages(api.now(), MOST).await?;
    let shown = ranked.into_iter();
    let shown = shown.map(|(name, count)| json!({"name": name, "count": count}));
    Ok(Json(shown.collect()))
}

/// `GET /api/v1/stats/popular_targets`
pub(crate) async fn targets<O: Offer>(State(api): State<Api<O>>) -> Answer {
    let ranked = api.store.popular_targets(api.now(), MOST).await?;
    let shown = ranked.iter().map(|(name, count)| {
        let (target, subtarget) = halves(name);
        json!({"target": target, "subtarget": subtarget, "count": count})
    });
    Ok(Json(shown.collect()))
}

/// `GET /api/v1/stats/images`
pub(crate) async fn images<O: Offer>(State(api): State<Api<O>>) -> Answer {
    let count = api.store.image_count(api.now()).await?;
    Ok(Json(
        json!({"stored": count.stored, "downloads": count.downloads}),
    ))
}

/// `GET /api/v1/stats/packages`
pub(crate) async fn distinct<O: Offer>(State(api): State<Api<O>>) -> Answer {
    let count = api.store.distinct_packages(api.now()).await?;
    Ok(Json(json!({"total": count})))
}
