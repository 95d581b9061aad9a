//! The API of the original server of 2017, spoken by routers that still run its clients.
//!
//! Its shapes are kept, its defects are not; docs/api.md lists what differs. Builds are those of
//! API v1: the same queue, the same answers, told in other words.
//!
//! | module | routes |
//! |---|---|
//! | `upgrade_check` | `/api/upgrade-check` |
//! | `requests` | `/api/upgrade-request`, `/api/build-request` |
//! | `images` | `/api/image/{hash}`, `/api/manifest/{hash}`, `/api/log/{hash}` |
//! | `offers` | `/api/distros`, `/api/versions`, `/api/network_profiles`, `/supported` |
//! | `devices` | `/api/models`, `/api/packages_image` |
//! | `statistics` | `/api/v1/stats/…` |
//! | `downloads` | `/download/…` |

mod devices;
mod downloads;
mod images;
mod offers;
pub(crate) mod outcome;
mod place;
mod profile;
mod query;
mod refusal;
mod requests;
mod statistics;
mod upgrade_check;
mod wish;

use axum::http::HeaderName;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::openapi::renamed;
use crate::{Api, Offer};

/// Names the package nobody knows.
pub(crate) const UNKNOWN_PACKAGE: HeaderName = HeaderName::from_static("x-unknown-package");
/// The hash of an answer without a body.
pub(crate) const REQUEST_HASH: HeaderName = HeaderName::from_static("x-request-hash");
/// How many builds are ahead, under the name it had.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-build-queue-position");

/// All routes of the 2017 API.
pub(crate) fn routes<O: Offer>() -> OpenApiRouter<Api<O>> {
    asking()
        .merge(reading())
        .routes(routes!(downloads::count_and_forward))
        .routes(routes!(statistics::packages))
        .routes(routes!(statistics::targets))
        .routes(routes!(statistics::images))
        .routes(routes!(statistics::distinct))
}

fn asking<O: Offer>() -> OpenApiRouter<Api<O>> {
    let hashed = |older: &str| format!("{older}/{{request_hash}}");
    OpenApiRouter::new()
        .merge(twice(routes!(upgrade_check::ask), "/update-request"))
        .merge(twice(
            routes!(upgrade_check::look),
            &hashed("/update-request"),
        ))
        .merge(twice(routes!(requests::ask_upgrade), "/image-request"))
        .merge(twice(
            routes!(requests::look_upgrade),
            &hashed("/image-request"),
        ))
        .merge(twice(routes!(requests::ask_build), "/build-request"))
        .merge(twice(
            routes!(requests::look_build),
            &hashed("/build-request"),
        ))
}

fn reading<O: Offer>() -> OpenApiRouter<Api<O>> {
    OpenApiRouter::new()
        .routes(routes!(images::image))
        .routes(routes!(images::manifest))
        .routes(routes!(images::log))
        .routes(routes!(offers::distros))
        .merge(twice(routes!(offers::versions), "/api/releases"))
        .routes(routes!(offers::network_profiles))
        .routes(routes!(offers::supported))
        .routes(routes!(devices::models))
        .merge(twice(routes!(devices::packages), "/api/default_packages"))
}

/// A route under its name and under an older one.
fn twice<O: Offer>(route: UtoipaMethodRouter<Api<O>>, older: &str) -> OpenApiRouter<Api<O>> {
    let renamed = renamed(&route, older);
    OpenApiRouter::new().routes(route).routes(renamed)
}
