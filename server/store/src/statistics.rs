//! What is asked for most, and how many images are kept and downloaded.
//!
//! Images with a first-boot script are nobody else's: what they are made of is not counted.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::StoreError;
use crate::store::{Store, millis};

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
            "SELECT item.value, count(*) FROM {} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
            self.asked()
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
            "SELECT {}, count(*) FROM {} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
            self.dialect.field("newest.request", "target"),
            self.newest()
        );
        self.ranked(&query, now, most).await
    }

    /// How many different packages were asked for.
    pub async fn distinct_packages(&self, now: Timestamp) -> Result<i64, StoreError> {
        let query = format!("SELECT count(DISTINCT item.value) FROM {}", self.asked());
        let count = sqlx::query_scalar(&query).bind(millis(now));
        Ok(count.fetch_one(&self.pool).await?)
    }

    /// How many images are kept, and how many were downloaded.
    pub async fn image_count(&self, now: Timestamp) -> Result<ImageCount, StoreError> {
        let query = "SELECT
            (SELECT count(*) FROM jobs WHERE state = 'done' AND expires_at > $1),
            (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM downloads)";
        let row = sqlx::query_as(query).bind(millis(now));
        let (stored, downloads) = row.fetch_one(&self.pool).await?;
        Ok(ImageCount { stored, downloads })
    }

    /// Counts one download.
    pub async fn count_download(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO downloads (day, count) VALUES ($1, 1)
             ON CONFLICT (day) DO UPDATE SET count = downloads.count + 1",
        )
        .bind(now.to_zoned(TimeZone::UTC).date().to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The newest images that are looked at, so that an answer costs the same however many there are.
    fn newest(&self) -> String {
        let script = self.dialect.field("request", "defaults");
        format!(
            "(SELECT request FROM jobs WHERE state = 'done' AND expires_at > $1 AND {script} IS NULL
              ORDER BY place DESC LIMIT 5000) AS newest"
        )
    }

    /// The packages asked for by name; a leading `-` asks for the opposite.
    fn asked(&self) -> String {
        let packages = self.dialect.items("newest.request", "packages");
        format!(
            "{}, {packages} WHERE item.value NOT LIKE '-%'",
            self.newest()
        )
    }

    async fn ranked(
        &self,
        query: &str,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let ranked = sqlx::query_as(query)
            .bind(millis(now))
            .bind(i64::from(most));
        Ok(ranked.fetch_all(&self.pool).await?)
    }
}
