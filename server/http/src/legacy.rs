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
mod outcome;
mod place;
mod profile;
mod query;
mod refusal;
mod requests;
mod statistics;
mod upgrade_check;
mod wish;

use axum::Router;
use axum::http::HeaderName;
use axum::routing::{get, post};

use crate::{Api, Offer};

/// Names the package nobody knows.
pub(crate) const UNKNOWN_PACKAGE: HeaderName = HeaderName::from_static("x-unknown-package");
/// The hash of an answer without a body.
pub(crate) const REQUEST_HASH: HeaderName = HeaderName::from_static("x-request-hash");
/// How many builds are ahead, under the name it had.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-build-queue-position");

/// All routes of the 2017 API.
pub(crate) fn routes<O: Offer>() -> Router<Api<O>> {
    Router::new()
        .merge(asking())
        .merge(reading())
        .route(
            "/download/{request_hash}/{file}",
            get(downloads::count_and_forward),
        )
        .route("/api/v1/stats/popular_packages", get(statistics::packages))
        .route("/api/v1/stats/popular_targets", get(statistics::targets))
        .route("/api/v1/stats/images", get(statistics::images))
        .route("/api/v1/stats/packages", get(statistics::distinct))
}

fn asking<O: Offer>() -> Router<Api<O>> {
    let mut routes = Router::new();
    for path in ["/api/upgrade-check", "/update-request"] {
        routes = routes
            .route(path, post(upgrade_check::ask))
            .route(&below(path), get(upgrade_check::look));
    }
    for path in ["/api/upgrade-request", "/image-request"] {
        routes = routes
            .route(path, post(requests::ask_upgrade))
            .route(&below(path), get(requests::look_upgrade));
    }
    for path in ["/api/build-request", "/build-request"] {
        routes = routes
            .route(path, post(requests::ask_build))
            .route(&below(path), get(requests::look_build));
    }
    routes
}

fn below(path: &str) -> String {
    format!("{path}/{{request_hash}}")
}

fn reading<O: Offer>() -> Router<Api<O>> {
    Router::new()
        .route("/api/image/{image_hash}", get(images::image))
        .route("/api/manifest/{manifest_hash}", get(images::manifest))
        .route("/api/log/{request_hash}", get(images::log))
        .route("/api/distros", get(offers::distros))
        .route("/api/versions", get(offers::versions))
        .route("/api/releases", get(offers::versions))
        .route("/api/network_profiles", get(offers::network_profiles))
        .route("/supported", get(offers::supported))
        .route("/api/models", get(devices::models))
        .route("/api/packages_image", get(devices::packages))
        .route("/api/default_packages", get(devices::packages))
}
