use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::{Api, Offer};

/// A worker that was silent for so long is taken for dead.
const SILENCE: Duration = Duration::from_mins(2);

/// The worker's sign of life. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicI64>);

impl Pulse {
    /// There is no worker whose life could be doubted: others build.
    pub fn excuse(&self) {
        self.0.store(i64::MAX, Ordering::Relaxed);
    }

    /// The worker lives.
    pub fn beat(&self, now: Timestamp) {
        self.0.store(now.as_second(), Ordering::Relaxed);
    }

    fn silent_for(&self, now: Timestamp) -> Duration {
        let seconds = now
            .as_second()
            .saturating_sub(self.0.load(Ordering::Relaxed));
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

/// The server does its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Well {
    /// `ok`.
    status: &'static str,
    /// Builds that wait.
    queue_length: u32,
    /// Builds being made.
    building: u32,
}

/// The server is of use.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// Workers elsewhere that this server has lately heard of.
    workers: u32,
}

/// Whether requests are accepted and built.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses(
    (status = 200, body = Well, description = "They are."),
    (status = 503, body = Told, description = "They are not (`unhealthy`)."),
))]
pub(crate) async fn show<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Well>, Failure> {
    let now = api.now();
    let load = api.store.load(now).await;
    let load = load.map_err(|e| Failure::unhealthy("the job database does not answer", &e))?;
    if api.pulse.silent_for(now) > SILENCE {
        let text = "the build worker does not answer; builds are not made";
        return Err(Failure::unhealthy(text, &text));
    }
    Ok(Json(Well {
        status: "ok",
        queue_length: load.pending,
        building: load.building,
    }))
}

/// Whether requests should be sent here.
///
/// A server that was never able to reach its mirror is well, but of no use to anybody; and one that
/// was told to stop answers for a moment longer what it is asked, but is no good for the next request.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, body = Ready, description = "They should."),
    (status = 503, body = Told, description = "No version to build is known yet, or the server stops \
        (`unhealthy`)."),
))]
pub(crate) async fn ready<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Ready>, Failure> {
    if api.hot.is_closed() {
        let text = "this server stops";
        return Err(Failure::unhealthy(text, &text));
    }
    let load = api.store.load(api.now()).await;
    load.map_err(|e| Failure::unhealthy("the job database does not answer", &e))?;
    if api.offer.latest().await.is_empty() {
        let text = "no version is known yet; the mirror has not answered so far";
        return Err(Failure::unhealthy(text, &text));
    }
    Ok(Json(Ready {
        status: "ready",
        workers: api.hot.workers(),
    }))
}
