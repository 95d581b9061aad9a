//! Who waits for a build: joins it, and may withdraw.

use asu_protocol::build::BuildAnswer;
use jiff::Timestamp;

use crate::StoreError;
use crate::job::State;
use crate::store::{Store, later, millis};

/// The `stage` of a job that was cancelled; it is asked for anew like one that has expired.
pub(crate) const CANCELLED: &str = "cancelled";

/// How many askers of a job are told apart; the others cannot withdraw.
const MOST: i64 = 256;

/// What became of somebody's wish not to wait any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// There is no such job, or its answer has expired.
    Unknown,
    /// The job is finished: nobody waits for it.
    Finished,
    /// Nobody who waits for the job has that token.
    NotYours,
    /// Others wait for the job; it goes on.
    Left,
    /// Nobody waits any more; the job has ended.
    Cancelled,
}

impl Store {
    /// Notes that one more waits for a job, who has the token with this hash; an empty one is that
    /// of who cannot withdraw. `false`: the job has ended, and nobody can wait for it.
    pub async fn wait_for(&self, request_hash: &str, token_hash: &str) -> Result<bool, StoreError> {
        let mut both = self.begin_alone().await?;
        sqlx::query(
            "INSERT INTO askers (place, token_hash)
             SELECT place, CASE WHEN (SELECT count(*) FROM askers AS other
                                      WHERE other.place = jobs.place) < $3 THEN $2 ELSE '' END
             FROM jobs WHERE request_hash = $1 AND state IN ('queued', 'started')
             ON CONFLICT (place, token_hash) DO NOTHING",
        )
        .bind(request_hash)
        .bind(token_hash)
        .bind(MOST)
        .execute(&mut *both)
        .await?;
        let active = "SELECT count(*) FROM jobs
            WHERE request_hash = $1 AND state IN ('queued', 'started')";
        let active: i64 = sqlx::query_scalar(active)
            .bind(request_hash)
            .fetch_one(&mut *both)
            .await?;
        both.commit().await?;
        Ok(active > 0)
    }

    /// Withdraws who has the token with this hash. If nobody else waits, the job ends with `answer`,
    /// and whoever builds it has lost its lease.
    pub async fn withdraw(
        &self,
        request_hash: &str,
        token_hash: &str,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<Withdrawal, StoreError> {
        let mut both = self.begin_alone().await?;
        let left = sqlx::query(
            "DELETE FROM askers WHERE token_hash = $2 AND token_hash <> '' AND place =
                (SELECT place FROM jobs
                 WHERE request_hash = $1 AND state IN ('queued', 'started'))",
        )
        .bind(request_hash)
        .bind(token_hash)
        .execute(&mut *both)
        .await?;
        if left.rows_affected() == 0 {
            both.rollback().await?;
            return self.why_not(request_hash, now).await;
        }
        let ended = sqlx::query(
            "UPDATE jobs SET state = 'failed', stage = $2, worker = NULL, lease_until = NULL,
                lease = lease + 1, answer = $3, expires_at = $4, finished_at = NULL, client = '',
                log = log || $5
             WHERE request_hash = $1 AND state IN ('queued', 'started')
               AND NOT EXISTS (SELECT 1 FROM askers WHERE askers.place = jobs.place)",
        )
        .bind(request_hash)
        .bind(CANCELLED)
        .bind(serde_json::to_string(answer).unwrap_or_default())
        .bind(millis(later(now, self.policy.keep_given_up)))
        .bind(format!("{now} cancelled\n"))
        .execute(&mut *both)
        .await?;
        both.commit().await?;
        self.places.forget(request_hash);
        Ok(match ended.rows_affected() {
            0 => Withdrawal::Left,
            _ => Withdrawal::Cancelled,
        })
    }

    async fn why_not(&self, request_hash: &str, now: Timestamp) -> Result<Withdrawal, StoreError> {
        Ok(
            match self.job(request_hash, now).await?.map(|job| job.state) {
                None => Withdrawal::Unknown,
                Some(State::Done(_) | State::Failed(_)) => Withdrawal::Finished,
                Some(State::Queued { .. } | State::Started { .. }) => Withdrawal::NotYours,
            },
        )
    }

    /// Forgets who waited for jobs that have ended.
    pub async fn forget_askers(&self) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM askers WHERE place NOT IN
                (SELECT place FROM jobs WHERE state IN ('queued', 'started'))",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
