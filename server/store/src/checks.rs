//! Answers of upgrade checks, kept so that they can be asked for again by their hash.

use std::time::Duration;

use jiff::Timestamp;

use crate::StoreError;
use crate::store::{Store, is_text, later, millis};

impl Store {
    /// Keeps the answer (JSON) of an upgrade check under its hash for a while; the same question
    /// with the same answer only prolongs it.
    pub async fn keep_check(
        &self,
        request_hash: &str,
        answer: &str,
        now: Timestamp,
        keep: Duration,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO upgrade_checks (request_hash, answer, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (request_hash) DO UPDATE SET
                answer = excluded.answer, expires_at = excluded.expires_at",
        )
        .bind(request_hash)
        .bind(answer)
        .bind(millis(later(now, keep)))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The answer (JSON) of an upgrade check; `None` if it is unknown or has expired.
    pub async fn check(
        &self,
        request_hash: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        if !is_text(request_hash) {
            return Ok(None);
        }
        let query = "SELECT answer FROM upgrade_checks WHERE request_hash = $1 AND expires_at > $2";
        Ok(sqlx::query_scalar(query)
            .bind(request_hash)
            .bind(millis(now))
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Forgets the answers of upgrade checks that have expired.
    pub async fn forget_checks(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM upgrade_checks WHERE expires_at <= $1")
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
