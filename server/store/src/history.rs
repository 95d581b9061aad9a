//! What was asked for and built so far: estimates and statistics.
//!
//! The database counts as it writes (migrations 0004 and 0013), so each question here reads few rows.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::FromRow;

use crate::StoreError;
use crate::store::{Store, is_text, millis};

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// How many builds the mean is of: enough to even out, few enough to follow a new machine.
const RECENT: i64 = 20;

/// How fast builds are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tempo {
    /// How long the last builds took on average.
    pub mean: Duration,
    /// How long the build under way has been going, if there is one; of several, the one that began first.
    pub under_way: Option<Duration>,
    /// How many are made at once.
    pub at_once: u32,
}

impl Tempo {
    /// When a job with so many waiting before it is likely to be finished.
    ///
    /// A build that takes longer than the mean is thought to end at any moment.
    pub fn until_done(&self, position: u32) -> Duration {
        let rest = self
            .under_way
            .map_or(Duration::ZERO, |gone| self.mean.saturating_sub(gone));
        let rounds = (position / self.at_once.max(1)).saturating_add(1);
        self.mean.saturating_mul(rounds).saturating_add(rest)
    }
}

/// One day's requests for builds and what came of builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Day {
    /// Whole days since 1970 in UTC.
    pub day: i64,
    /// Requests for builds.
    pub requests: i64,
    /// Those of them that were answered with what was there.
    pub hits: i64,
    /// Builds that failed.
    pub failures: i64,
}

/// How many builds of one version were made on one day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct VersionDay {
    /// Whole days since 1970 in UTC.
    pub day: i64,
    /// The version.
    pub version: String,
    /// Builds with images.
    pub builds: i64,
}

/// A package and how many builds asked for it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Popular {
    /// The package's name.
    pub name: String,
    /// Builds with images.
    pub count: i64,
}

/// A build that failed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FailedBuild {
    /// When, milliseconds since 1970 in UTC.
    pub finished_at: i64,
    /// The version asked for.
    pub version: String,
    /// The target asked for.
    pub target: String,
    /// The profile asked for.
    pub profile: String,
    /// What was said of it, at most 200 characters.
    pub detail: String,
}

/// The whole day since 1970 that `time` is in, UTC.
pub fn day_of(time: Timestamp) -> i64 {
    millis(time).div_euclid(DAY)
}

impl Store {
    /// How fast builds are made; `None` until one was.
    pub async fn tempo(&self, now: Timestamp) -> Result<Option<Tempo>, StoreError> {
        let query = "
            SELECT CAST(avg(finished_at - started_at) AS DOUBLE PRECISION),
                (SELECT $1 - min(started_at) FROM jobs WHERE state = 'started' AND lease_until > $1),
                (SELECT count(*) FROM jobs WHERE state = 'started' AND lease_until > $1)
            FROM (SELECT started_at, finished_at FROM builds
                WHERE state = 'done' AND started_at IS NOT NULL ORDER BY id DESC LIMIT $2) AS recent";
        let query = sqlx::query_as(query).bind(millis(now)).bind(RECENT);
        let (mean, under_way, at_once): (Option<f64>, Option<i64>, i64) =
            query.fetch_one(&self.pool).await?;
        let span = |millis: i64| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        Ok(mean.map(|millis| Tempo {
            mean: Duration::from_secs_f64((millis / 1000.0).max(0.0)),
            under_way: under_way.map(span),
            at_once: u32::try_from(at_once).unwrap_or(u32::MAX),
        }))
    }

    /// Counts the builds that have ended; asked before each look at days, and now and then.
    pub async fn count_ends(&self) -> Result<(), StoreError> {
        if let Some(count) = self.dialect.count_ends() {
            sqlx::query(count).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Adds to the requests of the day.
    pub async fn count_requests(
        &self,
        now: Timestamp,
        requests: u64,
        hits: u64,
    ) -> Result<(), StoreError> {
        let day = day_of(now);
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO request_days (day, requests, hits) VALUES ($1, $2, $3)
             ON CONFLICT (day) DO UPDATE SET
                requests = request_days.requests + excluded.requests,
                hits = request_days.hits + excluded.hits",
        )
        .bind(day)
        .bind(signed(requests))
        .bind(signed(hits))
        .execute(&self.pool)
        .await?;
        sqlx::query("DELETE FROM request_days WHERE day < $1 - 190")
            .bind(day)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How many builds ended with images since `since`, of the last 5000.
    pub async fn built_since(&self, since: Timestamp) -> Result<i64, StoreError> {
        let query = "SELECT count(*) FROM builds WHERE state = 'done' AND finished_at >= $1";
        let query = sqlx::query_scalar(query).bind(millis(since));
        Ok(query.fetch_one(&self.pool).await?)
    }

    /// The days from `first` on that anything happened on, oldest first.
    pub async fn days(&self, first: i64) -> Result<Vec<Day>, StoreError> {
        self.count_ends().await?;
        let query = "
            SELECT day, CAST(sum(requests) AS BIGINT) AS requests,
                CAST(sum(hits) AS BIGINT) AS hits, CAST(sum(failures) AS BIGINT) AS failures
            FROM (SELECT day, requests, hits, 0 AS failures FROM request_days
                UNION ALL SELECT day, 0, 0, failed FROM build_days) AS both_days
            WHERE day >= $1 GROUP BY day ORDER BY day";
        let query = sqlx::query_as(query).bind(first);
        Ok(query.fetch_all(&self.pool).await?)
    }

    /// Builds by day and version from `first` on, oldest first.
    pub async fn version_days(&self, first: i64) -> Result<Vec<VersionDay>, StoreError> {
        self.count_ends().await?;
        let query = "SELECT day, version, done AS builds FROM build_days
            WHERE day >= $1 AND done > 0 ORDER BY day, version";
        let query = sqlx::query_as(query).bind(first);
        Ok(query.fetch_all(&self.pool).await?)
    }

    /// The packages most asked for in the last 30 days, of all versions or of one branch.
    pub async fn top_packages(
        &self,
        branch: Option<&str>,
        most: u32,
    ) -> Result<Vec<Popular>, StoreError> {
        if !branch.is_none_or(is_text) {
            return Ok(Vec::new());
        }
        self.count_ends().await?;
        let query = "
            SELECT name, CAST(sum(builds) AS BIGINT) AS count FROM package_days
            WHERE $1 IS NULL OR version = $1
                OR substr(version, 1, length($1) + 1) IN ($1 || '.', $1 || '-')
            GROUP BY name ORDER BY count DESC, name LIMIT $2";
        let query = sqlx::query_as(query).bind(branch).bind(i64::from(most));
        Ok(query.fetch_all(&self.pool).await?)
    }

    /// The last builds that failed, newest first.
    pub async fn failed_builds(&self, most: u32) -> Result<Vec<FailedBuild>, StoreError> {
        let query = "SELECT finished_at, version, target, profile, detail FROM builds
            WHERE state = 'failed' ORDER BY id DESC LIMIT $1";
        let query = sqlx::query_as(query).bind(i64::from(most));
        Ok(query.fetch_all(&self.pool).await?)
    }
}
