//! ASU's statistics, from what the store has counted.

use std::collections::BTreeMap;

use asu_protocol::release;
use asu_store::{Day, FailedBuild, VersionDay, day_of};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
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

impl Narrowed {
    /// The branch; whatever cannot be one narrows to nothing.
    fn branch(&self) -> Option<&str> {
        let branch = self.branch.as_deref().filter(|name| !name.is_empty())?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let sound = branch.len() <= 32 && branch.bytes().all(plain);
        Some(if sound { branch } else { "?" })
    }
}

/// `GET /api/v1/stats/summary`
pub(crate) async fn summary<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let made = async {
        let now = api.now();
        let yesterday = now.saturating_sub(SignedDuration::from_hours(24));
        let built = api.store.built_since(yesterday.unwrap_or(now)).await?;
        let load = api.store.load(now).await?;
        Ok(json!({"queue_length": load.pending, "builds_24h": built}))
    };
    api.hot.document("stats summary", &headers, made).await
}

/// `GET /api/v1/builds-per-day`
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

fn per_day_document(first: i64, days: &[Day]) -> Value {
    let series = |label: &str, color: &str, count: fn(&Day) -> i64| {
        let of = |day: i64| days.iter().find(|d| d.day == day).map_or(0, count);
        let data: Vec<i64> = (first..first + DAYS).map(of).collect();
        json!({"label": label, "data": data, "color": color})
    };
    json!({
        "labels": (first..first + DAYS).map(label).collect::<Vec<_>>(),
        "datasets": [
            series("Requests", "green", |day| day.requests),
            series("Cache-Hits", "orange", |day| day.hits),
            series("Failures", "red", |day| day.failures),
        ],
    })
}

/// `GET /api/v1/builds-by-version?branch=`: by week, of all branches or of one branch's versions.
pub(crate) async fn by_version<O: Offer>(
    State(api): State<Api<O>>,
    Query(narrowed): Query<Narrowed>,
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

fn by_version_document(first: i64, days: &[VersionDay], branch: Option<&str>) -> Value {
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
    let sets = names.into_iter();
    let sets = sets.map(|(label, data)| json!({"label": label, "data": data}));
    json!({
        "labels": (0..WEEKS).map(|week| label(first + 7 * week)).collect::<Vec<_>>(),
        "datasets": sets.collect::<Vec<_>>(),
    })
}

/// `GET /api/v1/top-packages?branch=&n=30`
pub(crate) async fn top_packages<O: Offer>(
    State(api): State<Api<O>>,
    Query(narrowed): Query<Narrowed>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (branch, most) = (narrowed.branch(), narrowed.n.unwrap_or(30).min(MOST.0));
    let path = format!("stats packages {branch:?} {most}");
    let made = async {
        let popular = api.store.top_packages(branch, most).await?.into_iter();
        let packages = popular.map(|one| json!({"name": one.name, "count": one.count}));
        let packages: Vec<Value> = packages.collect();
        Ok(json!({"packages": packages, "branch": branch, "days": DAYS}))
    };
    api.hot.document(&path, &headers, made).await
}

/// `GET /api/v1/build-errors?n=100`: plain text, for people.
pub(crate) async fn errors<O: Offer>(
    State(api): State<Api<O>>,
    Query(narrowed): Query<Narrowed>,
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
