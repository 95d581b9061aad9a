//! What is asked for most, and how many images are kept and downloaded.
//!
//! Images with a first-boot script are nobody else's: what they are made of is not counted.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::StoreError;
use crate::store::{Store, millis};

/// The newest images that are looked at, so that an answer costs the same however many there are.
const NEWEST: &str = "
    (SELECT request FROM jobs
     WHERE state = 'done' AND expires_at > ?1 AND json_extract(request, '$.defaults') IS NULL
     ORDER BY place DESC LIMIT 5000)";

/// The packages asked for by name; a leading `-` asks for the opposite.
const ASKED: &str = "json_each(newest.request, '$.packages') AS package
    WHERE package.value NOT LIKE '-%'";

/// How many images there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageCount {
    /// Kept now.
    pub stored: i64,
    /// Downloaded through the 2017 API, ever.
    pub downloads: i64,
}

impl Store {
    /// The packages asked for most, each with the number of images, most first.
    pub async fn popular_packages(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let query = format!(
            "SELECT package.value, count(*) FROM {NEWEST} AS newest, {ASKED}
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?2"
        );
        self.ranked(&query, now, most).await
    }

    /// The targets asked for most, each with the number of images, most first.
    pub async fn popular_targets(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let query = format!(
            "SELECT json_extract(newest.request, '$.target'), count(*) FROM {NEWEST} AS newest
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?2"
        );
        self.ranked(&query, now, most).await
    }

    /// How many different packages were asked for.
    pub async fn distinct_packages(&self, now: Timestamp) -> Result<i64, StoreError> {
        let query =
            format!("SELECT count(DISTINCT package.value) FROM {NEWEST} AS newest, {ASKED}");
        let count = sqlx::query_scalar(&query).bind(millis(now));
        Ok(count.fetch_one(&self.pool).await?)
    }

    /// How many images are kept, and how many were downloaded.
    pub async fn image_count(&self, now: Timestamp) -> Result<ImageCount, StoreError> {
        let query = "SELECT
            (SELECT count(*) FROM jobs WHERE state = 'done' AND expires_at > ?1),
            (SELECT coalesce(sum(count), 0) FROM downloads)";
        let row = sqlx::query_as(query).bind(millis(now));
        let (stored, downloads) = row.fetch_one(&self.pool).await?;
        Ok(ImageCount { stored, downloads })
    }

    /// Counts one download.
    pub async fn count_download(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO downloads (day, count) VALUES (?1, 1)
             ON CONFLICT (day) DO UPDATE SET count = downloads.count + 1",
        )
        .bind(now.to_zoned(TimeZone::UTC).date().to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn ranked(
        &self,
        query: &str,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let ranked = sqlx::query_as(query).bind(millis(now)).bind(most);
        Ok(ranked.fetch_all(&self.pool).await?)
    }
}
