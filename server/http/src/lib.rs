//! The HTTP face of the server: API v1, its documents, the image files and one page for people.
//!
//! Handlers ask the catalog, the job store and the image store, and put their answers into the
//! words of API v1. Nothing is decided, built or kept here. Every error passes through
//! `failure`, which has one text for the client and one for the log.
//!
//! | module | routes |
//! |---|---|
//! | `builds` | `/api/v1/build`, `/api/v1/build/{hash}`, `/api/v1/stats` |
//! | `plans` | `/api/v1/plan` |
//! | `legacy` | the API of 2017: `/api/upgrade-check` and many more |
//! | `documents` | `/json/v1/…`, `/api/v1/revision/…` |
//! | `images` | `/store/{hash}/{file}` |
//! | `moved` | the old paths and double slashes |
//! | `page`, `health` | `/`, `/healthz` |

mod api;
mod body;
mod builds;
mod documents;
mod failure;
mod health;
mod images;
mod layers;
mod legacy;
mod limits;
mod moved;
mod offered;
mod page;
mod plans;
mod status;

use axum::Router;
use axum::routing::{get, post};

pub use api::{Api, Clock, Offer, Unplannable};
pub use health::Pulse;
pub use limits::Limits;
pub use offered::{OfferedDistribution, OfferedRelease, OfferedSet};

/// All routes, with CORS on every answer, request ids in the log and panics caught.
pub fn router<O: Offer>(api: Api<O>) -> Router {
    let max_body = api.limits.max_body;
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
        .route("/build/{request_hash}", get(builds::look))
        .route("/plan", post(plans::ask))
        .route("/stats", get(builds::stats))
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
        .merge(legacy::routes())
        .route("/store/{request_hash}/{file}", get(images::serve))
        .route("/healthz", get(health::show))
        .route("/", get(page::show))
        .fallback(moved::unknown)
        .method_not_allowed_fallback(moved::wrong_method)
        .with_state(api);
    layers::around(routes, max_body)
}
