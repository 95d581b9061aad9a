//! ASU's statistics, from what the store has counted.

use std::collections::BTreeMap;

use asu_protocol::release;
use asu_store::{Day, FailedBuild, VersionDay, day_of};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::wrong::WrongField;
use crate::{Api, Offer};

/// Days of the day statistics.
const DAYS: i64 = 30;
/// Weeks of the version statistics.
const WEEKS: i64 = 26;
/// Most packages and most errors that are listed.
const MOST: (u32, u32) = (100, 500);

/// What a question may be narrowed to.
#[derive(Deserialize)]
pub(crate) struct Narrowed {
    branch: Option<String>,
    n: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for Narrowed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = Query::from_request_parts(parts, state).await;
        read.map(|Query(narrowed)| narrowed).map_err(|_| {
            Failure::wrong_field(WrongField {
                kind: "type_error",
                loc: vec![json!("query")],
                msg: "branch is a text, n a whole number, each at most once".to_owned(),
                input: Value::Null,
            })
        })
    }
}

/// Series of numbers over days or weeks, as a chart takes them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chart {
    /// The first day of each step: `2026-01-31Z`.
    labels: Vec<String>,
    datasets: Vec<Series>,
}

/// One line of a chart.
#[derive(Serialize, ToSchema)]
pub(crate) struct Series {
    /// What is counted.
    label: String,
    /// How many, for each label.
    data: Vec<i64>,
    /// A colour to draw it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    color: Option<&'static str>,
}

/// How much is done and to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Builds that wait.
    queue_length: u32,
    /// Images built within 24 hours.
    builds_24h: i64,
}

/// The packages most asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopPackages {
    /// Most first.
    packages: Vec<Ranked>,
    /// The branch they are narrowed to.
    branch: Option<String>,
    /// Of how many days.
    days: i64,
}

/// A name and how often it was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ranked {
    pub(crate) name: String,
    pub(crate) count: i64,
}

impl Narrowed {
    /// The branch; whatever cannot be one narrows to nothing.
    fn branch(&self) -> Option<&str> {
        let branch = self.branch.as_deref().filter(|name| !name.is_empty())?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let sound = branch.len() <= 32 && branch.bytes().all(plain);
        Some(if sound { branch } else { "?" })
    }
}

/// How much is done and to do.
#[utoipa::path(
    get,
    path = "/api/v1/stats/summary",
    tag = "statistics",
    responses(
        (status = 200, body = Summary, description = "Both numbers."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn summary<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let made = async {
        let now = api.now();
        let yesterday = now.saturating_sub(SignedDuration::from_hours(24));
        let built = api.store.built_since(yesterday.unwrap_or(now)).await?;
        let load = api.store.load(now).await?;
        Ok(Summary {
            queue_length: load.pending,
            builds_24h: built,
        })
    };
    api.hot.document("stats summary", &headers, made).await
}

/// Requests, hits and failures of 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/builds-per-day",
    tag = "statistics",
    responses(
        (status = 200, body = Chart, description = "Three series."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn per_day<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let made = async {
        api.keep_counts().await?;
        let first = day_of(api.now()) - DAYS + 1;
        Ok(per_day_document(first, &api.store.days(first).await?))
    };
    api.hot.document("stats days", &headers, made).await
}

fn per_day_document(first: i64, days: &[Day]) -> Chart {
    let series = |label: &str, color: &'static str, count: fn(&Day) -> i64| {
        let of = |day: i64| days.iter().find(|d| d.day == day).map_or(0, count);
        Series {
            label: label.to_owned(),
            data: (first..first + DAYS).map(of).collect(),
            color: Some(color),
        }
    };
    Chart {
        labels: (first..first + DAYS).map(label).collect(),
        datasets: vec![
            series("Requests", "green", |day| day.requests),
            series("Cache-Hits", "orange", |day| day.hits),
            series("Failures", "red", |day| day.failures),
        ],
    }
}

/// Builds of 26 weeks, by branch, or by version of one branch.
#[utoipa::path(
    get,
    path = "/api/v1/builds-by-version",
    tag = "statistics",
    params(
        ("branch" = Option<String>, Query,
            description = "One branch: `24.10`."),
    ),
    responses(
        (status = 200, body = Chart, description = "A series for each branch or version."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 422, body = Told, description = "A parameter has the wrong form."),
    ),
)]
pub(crate) async fn by_version<O: Offer>(
    State(api): State<Api<O>>,
    narrowed: Narrowed,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let branch = narrowed.branch();
    let path = format!("stats versions {branch:?}");
    let made = async {
        let first = day_of(api.now()) - 7 * WEEKS + 1;
        let days = api.store.version_days(first).await?;
        Ok(by_version_document(first, &days, branch))
    };
    api.hot.document(&path, &headers, made).await
}

fn by_version_document(first: i64, days: &[VersionDay], branch: Option<&str>) -> Chart {
    let mut series: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for day in days {
        let of = release::branch_of(&day.version);
        if branch.is_some_and(|wanted| wanted != of) {
            continue;
        }
        let name = if branch.is_some() { &day.version } else { of };
        let weeks = series.entry(name).or_insert_with(|| vec![0; 26]);
        let week = usize::try_from((day.day - first) / 7).unwrap_or(0);
        if let Some(count) = weeks.get_mut(week) {
            *count += day.builds;
        }
    }
    let mut names: Vec<_> = series.into_iter().collect();
    names.sort_by(|a, b| release::compare(b.0, a.0));
    let series = names.into_iter().map(|(label, data)| Series {
        label: label.to_owned(),
        data,
        color: None,
    });
    Chart {
        labels: (0..WEEKS).map(|week| label(first + 7 * week)).collect(),
        datasets: series.collect(),
    }
}

/// The packages most asked for in 30 days, at most 100.
#[utoipa::path(
    get,
    path = "/api/v1/top-packages",
    tag = "statistics",
    params(
        ("branch" = Option<String>, Query,
            description = "One branch: `24.10`."),
        ("n" = Option<u32>, Query, maximum = 4_294_967_295_i64,
            description = "How many at most."),
    ),
    responses(
        (status = 200, body = TopPackages, description = "30 of them, or as many as asked for."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 422, body = Told, description = "A parameter has the wrong form."),
    ),
)]
pub(crate) async fn top_packages<O: Offer>(
    State(api): State<Api<O>>,
    narrowed: Narrowed,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (branch, most) = (narrowed.branch(), narrowed.n.unwrap_or(30).min(MOST.0));
    let path = format!("stats packages {branch:?} {most}");
    let made = async {
        let popular = api.store.top_packages(branch, most).await?.into_iter();
        let packages = popular.map(|one| Ranked {
            name: one.name,
            count: one.count,
        });
        Ok(TopPackages {
            packages: packages.collect(),
            branch: branch.map(str::to_owned),
            days: DAYS,
        })
    };
    api.hot.document(&path, &headers, made).await
}

/// The last builds that failed, at most 500, as plain text for people.
#[utoipa::path(
    get,
    path = "/api/v1/build-errors",
    tag = "statistics",
    params(
        ("n" = Option<u32>, Query, maximum = 4_294_967_295_i64,
            description = "How many at most."),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "A line each; 100 of them, or as many as asked for."),
        (status = 422, body = Told, description = "A parameter has the wrong form."),
    ),
)]
pub(crate) async fn errors<O: Offer>(
    State(api): State<Api<O>>,
    narrowed: Narrowed,
) -> Result<Response, Failure> {
    let most = narrowed.n.unwrap_or(100).min(MOST.1);
    let failed = api.store.failed_builds(most).await?;
    let keep = [(header::CACHE_CONTROL, "no-cache")];
    Ok((keep, errors_text(&failed)).into_response())
}

fn errors_text(failed: &[FailedBuild]) -> String {
    let (Some(last), Some(first)) = (failed.first(), failed.last()) else {
        return "No build errors recorded.\n".to_owned();
    };
    let (from, to) = (time(first.finished_at), time(last.finished_at));
    let head = format!(
        "Build Errors: {} entries\nTime range: {from} to {to}\n\n",
        failed.len()
    );
    let line = |one: &FailedBuild| {
        // One line an entry, whatever a build printed.
        let detail = one.detail.replace(char::is_control, " ");
        let when = time(one.finished_at);
        format!(
            "{when} {} {} {}: {detail}\n",
            one.version, one.target, one.profile
        )
    };
    failed
        .iter()
        .map(line)
        .fold(head, |text, line| text + &line)
}

fn time(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |time| format!("{time:.0}"))
}

/// A day as ASU writes it: `2026-01-31Z`.
fn label(day: i64) -> String {
    let date = Timestamp::from_second(day.saturating_mul(86_400));
    date.map_or_else(
        |_| String::new(),
        |date| format!("{}Z", &date.to_string()[..10]),
    )
}
