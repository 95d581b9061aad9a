//! The askers' side: hand in a request, see how it stands, clean up.

use asu_protocol::build::BuildRequest;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::job::{Admission, Job, Load, State, count, read_job};
use crate::places::COUNTED;
use crate::store::{Store, is_text, millis};
use crate::{StoreError, request_hash};

/// A new row, or a new life for one whose answer has expired. A known request is left alone, but for
/// one that was cancelled. The limit is part of the statement, so that it holds however many requests
/// arrive at once. Leases are counted from the time, so that a late worker's is none of a later job's of
/// the same request, when the row with the count is long gone.
const ENQUEUE: &str = "
    INSERT INTO jobs (request_hash, request, state, place, enqueued_at, not_before, log, lease)
    SELECT $1, $2, 'queued', (SELECT coalesce(max(place), 0) + 1 FROM jobs), $3, 0, $4, $3
    WHERE (SELECT count(*) FROM jobs
           WHERE state IN ('queued', 'started') AND state = 'queued') < $5
    ON CONFLICT (request_hash) DO UPDATE SET
        request = excluded.request, state = 'queued', place = excluded.place,
        enqueued_at = excluded.enqueued_at, not_before = excluded.not_before,
        log = excluded.log, stage = 'queued', attempts = 0, lease = jobs.lease + 1,
        worker = NULL, lease_until = NULL, answer = NULL, expires_at = NULL
    WHERE jobs.expires_at <= $3 OR (jobs.state = 'failed' AND jobs.stage = 'cancelled')";

/// A term that says the same as an index, `state IN ('queued', 'started')`, goes with this one: without
/// it neither database would look at that index.
pub(crate) const WAITING: &str = "(state = 'queued' OR (state = 'started' AND lease_until <= $1))";

/// A job whose answer has expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The request's identity.
    pub request_hash: String,
    /// The folder that this very answer names (`bin_dir`), or nothing. Who asks once more meanwhile
    /// gets another.
    pub folder: String,
}

impl Store {
    /// Queues a canonical request, or joins the same one that is already known.
    ///
    /// `max_pending` is how many jobs may wait; a request that is known is joined all the same.
    pub async fn enqueue(
        &self,
        canonical: &BuildRequest,
        now: Timestamp,
        max_pending: u32,
    ) -> Result<Admission, StoreError> {
        let hash = request_hash(canonical);
        let request = serde_json::to_string(canonical).map_err(|e| StoreError::Unreadable {
            request_hash: hash.clone(),
            reason: e.to_string(),
        })?;
        // No lock for the most frequent case. What is new now may no longer be in a moment: that is
        // left to the statement below.
        let known = self.job(&hash, now).await?;
        if let Some(job) = known.filter(|job| !job.cancelled) {
            return Ok(Admission::Joined(job));
        }
        let mut transaction = self.begin_alone().await?;
        let inserted = sqlx::query(ENQUEUE)
            .bind(&hash)
            .bind(request)
            .bind(millis(now))
            .bind(format!("{now} queued\n"))
            .bind(i64::from(max_pending))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        match self.job(&hash, now).await? {
            Some(job) if inserted > 0 => Ok(Admission::Queued(job)),
            Some(job) => Ok(Admission::Joined(job)),
            None => Ok(Admission::Full {
                pending: self.load(now).await?.pending,
            }),
        }
    }

    /// How a request stands; `None` if it is unknown or its answer has expired.
    ///
    /// A position of 500 or more may be that of a moment ago; see also [`Store::glance`].
    pub async fn job(&self, request_hash: &str, now: Timestamp) -> Result<Option<Job>, StoreError> {
        if !is_text(request_hash) {
            return Ok(None);
        }
        let query = format!(
            "SELECT *, CASE WHEN {WAITING} THEN 'queued' ELSE state END AS shown,
                (SELECT count(*) FROM
                    (SELECT 1 FROM jobs AS other
                     WHERE other.place < jobs.place
                       AND other.state IN ('queued', 'started')
                       AND (other.state = 'queued'
                            OR (other.state = 'started' AND other.lease_until <= $1))
                     LIMIT {COUNTED}) AS counted) AS position
             FROM jobs
             WHERE request_hash = $2 AND (expires_at IS NULL OR expires_at > $1)"
        );
        let row = sqlx::query(&query)
            .bind(millis(now))
            .bind(request_hash)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mut job = read_job(&row)?;
        if let State::Queued { position } = &mut job.state {
            let place = row.try_get("place")?;
            if *position >= COUNTED {
                *position = self.before(place, now).await?;
            }
            let text: String = row.try_get("request")?;
            self.places.remember(place, &job, text.len());
        }
        Ok(Some(job))
    }

    /// How much there is to do.
    pub async fn load(&self, now: Timestamp) -> Result<Load, StoreError> {
        let query = format!(
            "SELECT count(*) FILTER (WHERE {WAITING}) AS pending,
                count(*) FILTER (WHERE NOT {WAITING}) AS building
             FROM jobs WHERE state IN ('queued', 'started')"
        );
        let row = sqlx::query(&query)
            .bind(millis(now))
            .fetch_one(&self.pool)
            .await?;
        Ok(Load {
            pending: count(&row, "pending")?,
            building: count(&row, "building")?,
        })
    }

    /// The jobs whose answers have expired: their images may be removed, then [`Store::forget`].
    pub async fn expired(&self, now: Timestamp) -> Result<Vec<Expired>, StoreError> {
        let folder = self.dialect.field("answer", "bin_dir");
        let query =
            format!("SELECT request_hash, {folder} AS folder FROM jobs WHERE expires_at <= $1");
        let rows = sqlx::query(&query).bind(millis(now));
        let rows = rows.fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| -> Result<Expired, StoreError> {
            let folder: Option<String> = row.try_get("folder")?;
            Ok(Expired {
                request_hash: row.try_get("request_hash")?,
                folder: folder.unwrap_or_default(),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Forgets a job if its answer has (still) expired.
    pub async fn forget(&self, request_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM jobs WHERE request_hash = $1 AND expires_at <= $2")
            .bind(request_hash)
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
