//! The HTTP face of the server: API v1, its documents, the image files and one page for people.
//!
//! Handlers ask the catalog, the job store and the image store, and put their answers into the
//! words of API v1. Nothing is decided, built or kept here. Every error passes through
//! `failure`, which has one text for the client and one for the log.
//!
//! | module | routes |
//! |---|---|
//! | `builds` | `/api/v1/build`, `/api/v1/build/{hash}`, `/api/v1/stats` |
//! | `signed` | `/api/v1/build/{hash}.sig`, `/api/v1/public-key` |
//! | `cancel` | `DELETE /api/v1/build/{hash}` |
//! | `events` | `/api/v1/build/{hash}/events` |
//! | `stats` | `/api/v1/stats/summary`, `/api/v1/builds-per-day`, … |
//! | `plans` | `/api/v1/plan` |
//! | `workers` | `/api/v1/worker/…`, for those who build elsewhere |
//! | `legacy` | the API of 2017: `/api/upgrade-check` and many more |
//! | `documents` | `/json/v1/…`, `/api/v1/revision/…` |
//! | `images` | `/store/{bin_dir}/{file}` |
//! | `moved` | the old paths and double slashes |
//! | `openapi`, `docs` | `/api/v1/openapi.json`, `/api/v1/docs` |
//! | `page`, `health`, `metrics` | `/`, `/healthz`, `/readyz`, `/metrics` |
//!
//! Each handler says on itself what it takes and answers; `openapi` makes the document of that, and
//! a route comes into the router only together with its description.
//!
//! `ready` is an answer as bytes, `hot` keeps those that are asked for again and again, and `front`
//! gives them out before any route is looked for.

mod api;
mod askers;
mod body;
mod builds;
mod cancel;
mod docs;
mod documents;
mod events;
mod failure;
mod foreman;
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
mod openapi;
mod page;
mod path;
mod plans;
mod ready;
mod signed;
mod stats;
mod status;
mod talk;
mod workers;
mod wrong;

use std::num::NonZeroU32;
use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use openapi::renamed;

use crate::guard::Rates;

pub use api::{Api, Clock, Offer, Unplannable};
pub use foreman::{Foreman, NotTaken, Upload};
pub use front::Front;
pub use health::Pulse;
pub use hot::Hot;
pub use limits::Limits;
pub use offered::{OfferedDistribution, OfferedRelease, OfferedSet};
pub use openapi::document;

/// All routes, with CORS on every answer, request ids in the log and panics caught.
pub fn router<O: Offer>(api: Api<O>) -> Front {
    let (limits, clock) = (Arc::clone(&api.limits), Arc::clone(&api.clock));
    let (store, hot) = (api.store.clone(), api.hot.clone());
    let rates = NonZeroU32::new(limits.rate).map(Rates::new);
    let (routes, _) = routes().split_for_parts();
    let routes = routes
        .fallback(moved::unknown)
        .method_not_allowed_fallback(moved::wrong_method)
        .with_state(api);
    Front {
        routes: layers::around(routes, &limits, rates.clone(), hot.metrics().clone()),
        store,
        hot,
        clock,
        rates,
        limits,
    }
}

/// All routes, each with its description: nothing is served here that the document does not tell of.
fn routes<O: Offer>() -> OpenApiRouter<Api<O>> {
    let overview = routes!(moved::overview);
    OpenApiRouter::new()
        .routes(routes!(builds::ask))
        .routes(routes!(builds::look, cancel::withdraw))
        .routes(routes!(events::follow))
        .routes(routes!(plans::ask))
        .routes(routes!(signed::key))
        .routes(routes!(images::serve))
        .merge(documents())
        .merge(statistics())
        .merge(legacy::routes())
        .merge(workers::routes())
        .routes(renamed(&overview, "/overview"))
        .routes(renamed(&overview, "/api/overview"))
        .routes(overview)
        .routes(routes!(moved::latest))
        .routes(routes!(health::show))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::show))
        .routes(routes!(page::show))
        .routes(routes!(openapi::serve))
        .routes(routes!(docs::show))
}

fn documents<O: Offer>() -> OpenApiRouter<Api<O>> {
    OpenApiRouter::new()
        .routes(routes!(documents::overview))
        .routes(routes!(documents::latest))
        .routes(routes!(documents::branches))
        .routes(routes!(documents::arch_of_release))
        .routes(routes!(documents::target_of_release))
        .routes(routes!(documents::arch_of_snapshot))
        .routes(routes!(documents::target_of_snapshot))
        .routes(routes!(documents::revision))
}

fn statistics<O: Offer>() -> OpenApiRouter<Api<O>> {
    OpenApiRouter::new()
        .routes(routes!(builds::stats))
        .routes(routes!(stats::summary))
        .routes(routes!(stats::per_day))
        .routes(routes!(stats::by_version))
        .routes(routes!(stats::top_packages))
        .routes(routes!(stats::errors))
}
