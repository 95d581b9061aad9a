//! The HTTP face of the server: API v1, its documents, the image files and one page for people.
//!
//! Handlers ask the catalog, the job store and the image store, and put their answers into the
//! words of API v1. Nothing is decided, built or kept here. Every error passes through
//! `failure`, which has one text for the client and one for the log.
//!
//! | module | routes |
//! |---|---|
//! | `builds` | `/api/v1/build`, `/api/v1/build/{hash}`, `/api/v1/stats` |
//! | `signed` | `/api/v1/build/{hash}.sig` |
//! | `cancel` | `DELETE /api/v1/build/{hash}` |
//! | `events` | `/api/v1/build/{hash}/events` |
//! | `stats` | `/api/v1/stats/summary`, `/api/v1/builds-per-day`, … |
//! | `plans` | `/api/v1/plan` |
//! | `legacy` | the API of 2017: `/api/upgrade-check` and many more |
//! | `documents` | `/json/v1/…`, `/api/v1/revision/…` |
//! | `images` | `/store/{hash}/{file}` |
//! | `moved` | the old paths and double slashes |
//! | `page`, `health`, `metrics` | `/`, `/healthz`, `/readyz`, `/metrics` |
//!
//! `ready` is an answer as bytes, `hot` keeps those that are asked for again and again, and `front`
//! gives them out before any route is looked for.

mod api;
mod askers;
mod body;
mod builds;
mod cancel;
mod documents;
mod events;
mod failure;
mod front;
mod guard;
mod health;
mod hot;
mod images;
mod layers;
mod legacy;
mod limits;
mod metrics;
mod moved;
mod offered;
mod page;
mod plans;
mod ready;
mod signed;
mod stats;
mod status;
mod wrong;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::guard::Rates;

pub use api::{Api, Clock, Offer, Unplannable};
pub use front::Front;
pub use health::Pulse;
pub use hot::Hot;
pub use limits::Limits;
pub use offered::{OfferedDistribution, OfferedRelease, OfferedSet};

/// All routes, with CORS on every answer, request ids in the log and panics caught.
pub fn router<O: Offer>(api: Api<O>) -> Front {
    let (limits, hot, clock) = (
        Arc::clone(&api.limits),
        api.hot.clone(),
        Arc::clone(&api.clock),
    );
    let rates = NonZeroU32::new(limits.rate).map(Rates::new);
    let json = Router::new()
        .route("/overview.json", get(documents::overview))
        .route("/latest.json", get(documents::latest))
        .route("/branches.json", get(documents::branches))
        .route(
            "/releases/{version}/packages/{file}",
            get(documents::arch_of_release),
        )
        .route(
            "/releases/{version}/targets/{target}/{subtarget}/{file}",
            get(documents::target_of_release),
        )
        .route(
            "/snapshots/packages/{file}",
            get(documents::arch_of_snapshot),
        )
        .route(
            "/snapshots/targets/{target}/{subtarget}/{file}",
            get(documents::target_of_snapshot),
        );
    let v1 = Router::new()
        .route("/build", post(builds::ask))
        .route(
            "/build/{request_hash}",
            get(builds::look).delete(cancel::withdraw),
        )
        .route("/build/{request_hash}/events", get(events::follow))
        .route("/plan", post(plans::ask))
        .route("/stats", get(builds::stats))
        .route("/stats/summary", get(stats::summary))
        .route("/builds-per-day", get(stats::per_day))
        .route("/builds-by-version", get(stats::by_version))
        .route("/top-packages", get(stats::top_packages))
        .route("/build-errors", get(stats::errors))
        .route(
            "/revision/{version}/{target}/{subtarget}",
            get(documents::revision),
        )
        .route("/overview", get(moved::overview))
        .route("/latest", get(moved::latest));
    let routes = Router::new()
        .nest("/json/v1", json)
        .nest("/api/v1", v1)
        .route("/overview", get(moved::overview))
        .route("/api/overview", get(moved::overview))
        .merge(legacy::routes())
        .route("/store/{request_hash}/{file}", get(images::serve))
        .route("/healthz", get(health::show))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .route("/", get(page::show))
        .fallback(moved::unknown)
        .method_not_allowed_fallback(moved::wrong_method)
        .with_state(api);
    Front {
        routes: layers::around(routes, &limits, rates.clone(), hot.metrics().clone()),
        hot,
        clock,
        rates,
        limits,
    }
}
