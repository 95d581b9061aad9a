//! Which workers there are, and what one of several servers does for all of them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use sqlx::Row;

use crate::StoreError;
use crate::store::{Store, later, millis};

/// A sign of life within so long of the last is not written down.
const NOTED: Duration = Duration::from_secs(30);
/// A worker that was silent for longer is not counted.
const SILENCE: SignedDuration = SignedDuration::from_mins(2);
/// A worker that was silent for longer is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);
/// Workers whose signs of life are remembered.
const WORKERS: u64 = 10_000;

/// The workers whose signs of life were written down a moment ago.
#[derive(Debug)]
pub(crate) struct Crew(Cache<String, ()>);

impl Default for Crew {
    fn default() -> Self {
        let noted = Cache::builder().max_capacity(WORKERS).time_to_live(NOTED);
        Self(noted.build())
    }
}

/// What its holder knows of a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// What was done last, in the duty's own words; empty if nothing was.
    pub did: String,
    /// When.
    pub did_at: Timestamp,
}

impl Store {
    /// Notes that a worker lives; most signs of life cost nothing.
    pub async fn worker_seen(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        if self.crew.0.contains_key(name) {
            return Ok(());
        }
        self.crew.0.insert(name.to_owned(), ());
        sqlx::query(
            "INSERT INTO workers (name, seen_at) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(name)
        .bind(millis(now))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes that a worker has gone, in order.
    pub async fn worker_gone(&self, name: &str) -> Result<(), StoreError> {
        self.crew.0.invalidate(name);
        sqlx::query("DELETE FROM workers WHERE name = $1")
            .bind(name)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How many workers of all servers on this database gave a sign of life lately.
    pub async fn workers(&self, now: Timestamp) -> Result<u32, StoreError> {
        let since = now.saturating_sub(SILENCE).unwrap_or(Timestamp::MIN);
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM workers WHERE seen_at > $1")
            .bind(millis(since))
            .fetch_one(&self.pool)
            .await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Forgets workers that have not been seen for long.
    pub async fn forget_workers(&self, now: Timestamp) -> Result<(), StoreError> {
        let since = now.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN);
        sqlx::query("DELETE FROM workers WHERE seen_at < $1")
            .bind(millis(since))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Takes a duty, or goes on with it, for as long as `lease`; `None`: another server has it.
    pub async fn hold_duty(
        &self,
        duty: &str,
        holder: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Duty>, StoreError> {
        let row = sqlx::query(
            "INSERT INTO duties (name, holder, until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
             WHERE duties.holder = excluded.holder OR duties.until <= $4
             RETURNING did, did_at",
        )
        .bind(duty)
        .bind(holder)
        .bind(millis(later(now, lease)))
        .bind(millis(now));
        let rows = row.fetch_all(&self.pool).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let did_at = Timestamp::from_millisecond(row.try_get("did_at")?);
        Ok(Some(Duty {
            did: row.try_get("did")?,
            did_at: did_at.unwrap_or(Timestamp::MIN),
        }))
    }

    /// Notes what the holder of a duty has done.
    pub async fn note_duty(
        &self,
        duty: &str,
        holder: &str,
        did: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE duties SET did = $3, did_at = $4 WHERE name = $1 AND holder = $2")
            .bind(duty)
            .bind(holder)
            .bind(did)
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
