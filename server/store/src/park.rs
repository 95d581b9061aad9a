//! Requests that are left alone for a while: their tries failed again and again, and nobody can tell
//! that another would go better, or not take one more worker down.
//!
//! Such a request is answered with its last failure until the parking ends, which is later each time.
//! Asked for after that, it is tried anew. Its row, with the log of all that happened, outlives the
//! answer, so that the operator finds it; an end with images clears it.

use asu_protocol::build::{BuildAnswer, stage};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::job::{Claim, Verdict, count};
use crate::store::{Store, later, millis};
use crate::work::Ending;

/// The `stage` of a job that has failed and is left alone.
pub(crate) const PARKED: &str = "parked";

/// A request that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// See [`crate::request_hash`].
    pub request_hash: String,
    /// The canonical request, JSON.
    pub request: String,
    /// How often in a row.
    pub times: u32,
    /// When it may be asked for again.
    pub until: Timestamp,
    /// What happened, one line an event.
    pub log: String,
}

impl Store {
    /// Ends a job with a failure that is nobody's known fault: the request is left alone, for longer each
    /// time in a row.
    pub async fn park(
        &self,
        claim: &Claim,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<Verdict, StoreError> {
        let hash = claim.lease.request_hash();
        let parked: Option<i64> =
            sqlx::query_scalar("SELECT parked FROM jobs WHERE request_hash = $1")
                .bind(hash)
                .fetch_optional(&self.pool)
                .await?;
        let ending = Ending {
            state: stage::FAILED,
            stage: PARKED,
            parked: parked.unwrap_or(0).saturating_add(1),
        };
        let time = u32::try_from(ending.parked).unwrap_or(u32::MAX);
        let until = later(now, self.policy.parking(time));
        let answer = told(answer, until);
        self.end(&claim.lease, now, &ending, &answer, until).await?;
        Ok(Verdict::Parked(until))
    }

    /// Ends a job that took its workers down with it, try after try.
    pub(crate) async fn park_killer(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let attempts = self.policy.attempts;
        let answer = BuildAnswer {
            status: 500,
            detail: format!("Error: the build was interrupted {attempts} times and was given up"),
            cause: "infrastructure".to_owned(),
            ..BuildAnswer::default()
        };
        match self.park(claim, now, &answer).await {
            // Whoever asked for it has withdrawn.
            Ok(_) | Err(StoreError::LeaseLost { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// All requests that were parked and whose log is kept, those that may be asked for last first.
    pub async fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        let query = "SELECT request_hash, request, parked, expires_at, log FROM jobs
            WHERE stage = 'parked' ORDER BY expires_at DESC";
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// How many requests are left alone now.
    pub async fn parked_now(&self, now: Timestamp) -> Result<u32, StoreError> {
        let query =
            "SELECT count(*) AS parked FROM jobs WHERE stage = 'parked' AND expires_at > $1";
        let row = sqlx::query(query).bind(millis(now)).fetch_one(&self.pool);
        count(&row.await?, "parked")
    }

    /// Lets a parked request be asked for again at once, as if it had never failed. `false`: it is not
    /// parked.
    pub async fn unpark(&self, request_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let released = sqlx::query(
            "UPDATE jobs SET parked = 0, log = log || $3,
                expires_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END
             WHERE request_hash = $1 AND stage = 'parked'",
        )
        .bind(request_hash)
        .bind(millis(now))
        .bind(format!("{now} released\n"))
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected() > 0)
    }
}

/// The failure, and until when nobody tries again.
fn told(answer: &BuildAnswer, until: Timestamp) -> BuildAnswer {
    let until = format!("{until:.0}");
    BuildAnswer {
        hint: format!(
            "The server failed at this several times and leaves it alone until {until}. Ask again then, \
             ask for something else, or tell the server's operator."
        ),
        parked_until: until,
        ..answer.clone()
    }
}

fn read(row: &AnyRow) -> Result<Parked, StoreError> {
    let until: i64 = row.try_get("expires_at")?;
    Ok(Parked {
        request_hash: row.try_get("request_hash")?,
        request: row.try_get("request")?,
        times: count(row, "parked")?,
        until: Timestamp::from_millisecond(until).unwrap_or(Timestamp::MAX),
        log: row.try_get("log")?,
    })
}
