//! `/metrics` for Prometheus: a few counters, and how much there is to do.
//!
//! Written by hand because it is thirty lines of a stable text format, and a counter must cost one
//! atomic addition: the reference server's metrics cost more than its builds.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;
use crate::{Api, Offer};

/// Prometheus' text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What requests are told apart by.
const KINDS: [&str; 4] = ["api", "document", "image", "other"];

/// Upper ends of the classes of durations, milliseconds.
const BOUNDS: [u32; 6] = [1, 5, 25, 100, 1000, 10_000];

/// Counters since the start. Cheap to clone; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// By kind, then by the status' first digit.
    answers: [[AtomicU64; 5]; KINDS.len()],
    /// By duration; the last are those above all bounds.
    durations: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    asked: AtomicU64,
    hits: AtomicU64,
    /// Not yet in the store: requests for builds, and those answered with what was there.
    uncounted: [AtomicU64; 2],
}

impl Metrics {
    pub(crate) fn count(&self, kind: usize, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        add(&self.0.answers[kind][class], 1);
        let within = |bound: &&u32| took <= Duration::from_millis(u64::from(**bound));
        let place = BOUNDS.iter().take_while(|bound| !within(bound)).count();
        add(&self.0.durations[place], 1);
        add(&self.0.micros, u64::try_from(took.as_micros()).unwrap_or(0));
    }

    /// A request for a build; `hit`: it was answered with what was there.
    pub(crate) fn asked(&self, hit: bool) {
        for counter in [&self.0.asked, &self.0.uncounted[0]] {
            add(counter, 1);
        }
        for counter in [&self.0.hits, &self.0.uncounted[1]] {
            add(counter, u64::from(hit));
        }
    }

    /// Requests and hits since this was last asked.
    pub(crate) fn take(&self) -> (u64, u64) {
        let [asked, hits] = &self.0.uncounted;
        (
            asked.swap(0, Ordering::Relaxed),
            hits.swap(0, Ordering::Relaxed),
        )
    }

    fn text(&self) -> String {
        let mut text = String::from("# TYPE asu_http_responses_total counter\n");
        for (kind, classes) in KINDS.iter().zip(&self.0.answers) {
            for (class, count) in (1..).zip(classes) {
                let count = get(count);
                let labels = format!("kind=\"{kind}\",status=\"{class}xx\"");
                let _ = writeln!(text, "asu_http_responses_total{{{labels}}} {count}");
            }
        }
        self.write_durations(&mut text);
        counter(&mut text, "asu_build_requests_total", get(&self.0.asked));
        counter(&mut text, "asu_build_request_hits_total", get(&self.0.hits));
        text
    }

    fn write_durations(&self, text: &mut String) {
        const NAME: &str = "asu_http_response_seconds";
        let mut sum = 0;
        let _ = writeln!(text, "# TYPE {NAME} histogram");
        for (bound, count) in BOUNDS.iter().zip(&self.0.durations) {
            sum += get(count);
            let bound = f64::from(*bound) / 1000.0;
            let _ = writeln!(text, "{NAME}_bucket{{le=\"{bound}\"}} {sum}");
        }
        sum += self.0.durations.last().map_or(0, get);
        let _ = writeln!(text, "{NAME}_bucket{{le=\"+Inf\"}} {sum}");
        let seconds = Duration::from_micros(get(&self.0.micros)).as_secs_f64();
        let _ = writeln!(text, "{NAME}_sum {seconds}\n{NAME}_count {sum}");
    }
}

/// Counts every answer and how long it took until it began.
pub(crate) async fn around(
    State(metrics): State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let kind = kind_of(request.uri().path());
    let began = Instant::now();
    let response = next.run(request).await;
    metrics.count(kind, response.status(), began.elapsed());
    response
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, body = String, content_type = "text/plain", description = "Prometheus' text format."),
))]
pub(crate) async fn show<O: Offer>(State(api): State<Api<O>>) -> Result<Response, Failure> {
    let outlook = api.store.outlook(api.now()).await?;
    let mut text = api.hot.metrics().text();
    gauge(&mut text, "asu_builds_waiting", outlook.queued);
    gauge(&mut text, "asu_builds_running", outlook.running);
    gauge(&mut text, "asu_builds_parked", outlook.parked);
    // Infinite, in the words of this format, where nobody builds.
    let wait = outlook
        .wait()
        .map_or(f64::INFINITY, |wait| wait.as_secs_f64());
    let wait = format!("{wait}").replace("inf", "+Inf");
    gauge(&mut text, "asu_expected_wait_seconds", wait);
    gauge(
        &mut text,
        "asu_build_seconds_mean",
        outlook.mean.as_secs_f64(),
    );
    gauge(&mut text, "asu_workers", outlook.workers);
    gauge(&mut text, "asu_workers_elsewhere", api.hot.workers());
    Ok(([(header::CONTENT_TYPE, FORMAT)], text).into_response())
}

pub(crate) fn kind_of(path: &str) -> usize {
    let starts = ["/api/", "/json/", "/store/"];
    let known = starts.iter().position(|start| path.starts_with(start));
    known.unwrap_or(KINDS.len() - 1)
}

fn counter(text: &mut String, name: &str, value: u64) {
    let _ = writeln!(text, "# TYPE {name} counter\n{name} {value}");
}

fn gauge(text: &mut String, name: &str, value: impl Display) {
    let _ = writeln!(text, "# TYPE {name} gauge\n{name} {value}");
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
