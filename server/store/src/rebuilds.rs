//! Who built the same again, and whether the same images came of it.

use asu_protocol::build::{BuildAnswer, Rebuild};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::store::{Store, millis};

impl Store {
    /// Keeps a verdict on a finished job's answer, instead of an earlier one of the same server.
    /// `false`: the job was forgotten meanwhile, so there is nothing to keep it with.
    pub async fn keep_rebuild(
        &self,
        request_hash: &str,
        answer: &BuildAnswer,
        verdict: &Rebuild,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "INSERT INTO rebuilds (request_hash, server, build_at, same, detail, at)
             SELECT request_hash, $2, $3, $4, $5, $6 FROM jobs WHERE request_hash = $1
             ON CONFLICT (request_hash, server) DO UPDATE SET build_at = excluded.build_at,
                same = excluded.same, detail = excluded.detail, at = excluded.at",
        )
        .bind(request_hash)
        .bind(&verdict.server)
        .bind(&answer.build_at)
        .bind(i64::from(verdict.same))
        .bind(verdict.detail.replace('\0', "\u{fffd}"))
        .bind(millis(now))
        .execute(&self.pool)
        .await?;
        Ok(kept.rows_affected() > 0)
    }

    /// The verdicts on this very answer of a job, oldest first.
    pub async fn rebuilds(
        &self,
        request_hash: &str,
        answer: &BuildAnswer,
    ) -> Result<Vec<Rebuild>, StoreError> {
        let rows = sqlx::query(
            "SELECT server, same, detail, at FROM rebuilds
             WHERE request_hash = $1 AND build_at = $2 ORDER BY at, server",
        )
        .bind(request_hash)
        .bind(&answer.build_at)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| read(request_hash, row)).collect()
    }

    /// A number that is another one when verdicts have come or gone, whoever wrote them.
    pub async fn rebuilds_mark(&self) -> Result<i64, StoreError> {
        let query = "SELECT CAST(coalesce(sum(at), 0) AS BIGINT) FROM rebuilds";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }
}

fn read(request_hash: &str, row: &AnyRow) -> Result<Rebuild, StoreError> {
    let at = Timestamp::from_millisecond(row.try_get("at")?);
    let at = at.map_err(|error| StoreError::Unreadable {
        request_hash: request_hash.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Rebuild {
        server: row.try_get("server")?,
        same: row.try_get::<i64, _>("same")? != 0,
        at: format!("{at:.0}"),
        detail: row.try_get("detail")?,
    })
}
