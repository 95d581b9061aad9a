use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{Api, Offer};

/// A worker that was silent for so long is taken for dead.
const SILENCE: Duration = Duration::from_mins(2);

/// The worker's sign of life. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicI64>);

impl Pulse {
    /// The worker lives.
    pub fn beat(&self, now: Timestamp) {
        self.0.store(now.as_second(), Ordering::Relaxed);
    }

    fn silent_for(&self, now: Timestamp) -> Duration {
        let seconds = now.as_second() - self.0.load(Ordering::Relaxed);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

/// `/healthz`: 200 while requests are accepted and built, else 503.
pub(crate) async fn show<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Value>, Failure> {
    let now = api.now();
    let load = api.store.load(now).await;
    let load = load.map_err(|e| Failure::unhealthy("the job database does not answer", &e))?;
    if api.pulse.silent_for(now) > SILENCE {
        let text = "the build worker does not answer; builds are not made";
        return Err(Failure::unhealthy(text, &text));
    }
    Ok(Json(json!({
        "status": "ok",
        "queue_length": load.pending,
        "building": load.building,
    })))
}

/// `/readyz`: 200 once there is anything to offer, else 503; a server that was never able to reach
/// its mirror is well, but of no use to anybody.
pub(crate) async fn ready<O: Offer>(State(api): State<Api<O>>) -> Result<Json<Value>, Failure> {
    let load = api.store.load(api.now()).await;
    load.map_err(|e| Failure::unhealthy("the job database does not answer", &e))?;
    if api.offer.latest().await.is_empty() {
        let text = "no version is known yet; the mirror has not answered so far";
        return Err(Failure::unhealthy(text, &text));
    }
    Ok(Json(json!({"status": "ready"})))
}
