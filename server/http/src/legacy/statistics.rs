//! What is asked for most.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::images::halves;
use super::refusal::{ErrorText, Refusal};
use crate::stats::Ranked;
use crate::{Api, Offer};

/// How many are listed.
const MOST: u32 = 50;

type Answer<T> = Result<Json<T>, Refusal>;

/// A target and how often it was asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = RankedTarget2017)]
pub(crate) struct RankedTarget {
    target: String,
    subtarget: String,
    count: i64,
}

/// How many images there are and were fetched.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageCount2017)]
pub(crate) struct ImageCount {
    stored: i64,
    downloads: i64,
}

/// How many different packages were asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = PackageCount2017)]
pub(crate) struct PackageCount {
    total: i64,
}

/// The packages most asked for among the newest 5000 images that are kept.
#[utoipa::path(get, path = "/api/v1/stats/popular_packages", tag = "2017", responses(
    (status = 200, body = Vec<Ranked>, description = "At most 50."),
    (status = 500, body = ErrorText, description = "This server is at fault."),
))]
pub(crate) async fn packages<O: Offer>(State(api): State<Api<O>>) -> Answer<Vec<Ranked>> {
    let ranked = api.store.popular_packages(api.now(), MOST).await?;
    let shown = ranked.into_iter();
    let shown = shown.map(|(name, count)| Ranked { name, count });
    Ok(Json(shown.collect()))
}

/// The targets most asked for among the newest 5000 images that are kept.
#[utoipa::path(get, path = "/api/v1/stats/popular_targets", tag = "2017", responses(
    (status = 200, body = Vec<RankedTarget>, description = "At most 50."),
    (status = 500, body = ErrorText, description = "This server is at fault."),
))]
pub(crate) async fn targets<O: Offer>(State(api): State<Api<O>>) -> Answer<Vec<RankedTarget>> {
    let ranked = api.store.popular_targets(api.now(), MOST).await?;
    let shown = ranked.iter().map(|(name, count)| {
        let (target, subtarget) = halves(name);
        RankedTarget {
            target: target.to_owned(),
            subtarget: subtarget.to_owned(),
            count: *count,
        }
    });
    Ok(Json(shown.collect()))
}

/// How many images there are and were fetched.
#[utoipa::path(get, path = "/api/v1/stats/images", tag = "2017", responses(
    (status = 200, body = ImageCount, description = "Both numbers."),
    (status = 500, body = ErrorText, description = "This server is at fault."),
))]
pub(crate) async fn images<O: Offer>(State(api): State<Api<O>>) -> Answer<ImageCount> {
    let count = api.store.image_count(api.now()).await?;
    Ok(Json(ImageCount {
        stored: count.stored,
        downloads: count.downloads,
    }))
}

/// How many different packages were asked for.
#[utoipa::path(get, path = "/api/v1/stats/packages", tag = "2017", responses(
    (status = 200, body = PackageCount, description = "The number."),
    (status = 500, body = ErrorText, description = "This server is at fault."),
))]
pub(crate) async fn distinct<O: Offer>(State(api): State<Api<O>>) -> Answer<PackageCount> {
    let total = api.store.distinct_packages(api.now()).await?;
    Ok(Json(PackageCount { total }))
}
