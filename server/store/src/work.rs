//! The workers' side: report, finish, and whether a lease is still held.

use std::time::Duration;

use asu_protocol::build::{BuildAnswer, stage};
use jiff::Timestamp;
use sqlx::any::AnyArguments;
use sqlx::{Any, Row, query::Query};

use crate::StoreError;
use crate::job::{Claim, Lease, Verdict, read_claim};
use crate::store::{Store, later, millis};
use crate::writer::Statement;

/// Every report is refused unless its lease is the job's current one.
const HELD: &str = "WHERE request_hash = $1 AND lease = $2 AND state = 'started'";

impl Store {
    /// Whether anybody holds this lease still.
    pub async fn is_held(&self, lease: &Lease) -> Result<bool, StoreError> {
        let query = format!("SELECT request_hash FROM jobs {HELD}");
        let row = of(&query, lease).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }

    /// Whether a job has ended under this lease: what its worker reports is known.
    pub async fn has_ended(&self, lease: &Lease) -> Result<bool, StoreError> {
        let query = "SELECT request_hash FROM jobs
            WHERE request_hash = $1 AND lease = $2 AND state IN ('done', 'failed')";
        let row = of(query, lease).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }

    /// The job of a lease, if `worker` was given it and holds it still.
    pub async fn held(&self, lease: &Lease, worker: &str) -> Result<Option<Claim>, StoreError> {
        let query = format!(
            "SELECT request_hash, request, lease, attempts FROM jobs {HELD} AND worker = $3"
        );
        let row = of(&query, lease).bind(worker);
        let row = row.fetch_optional(&self.pool).await?;
        row.as_ref().map(read_claim).transpose()
    }

    /// Extends a lease to `now + by`.
    pub async fn heartbeat(
        &self,
        lease: &Lease,
        now: Timestamp,
        by: Duration,
    ) -> Result<(), StoreError> {
        let query = format!("UPDATE jobs SET lease_until = $3 {HELD}");
        let query = held(&query, lease).bind(millis(later(now, by)));
        self.report(lease, query).await
    }

    /// The same job under a lease of another number, of the same worker; what was made under the former
    /// never counts.
    pub async fn renew(&self, claim: &Claim) -> Result<Claim, StoreError> {
        let lease = &claim.lease;
        let query = format!("UPDATE jobs SET lease = lease + 1 {HELD} RETURNING lease");
        let renew = Statement::new(query)
            .bind(lease.request_hash.clone())
            .bind(lease.number);
        let Some(row) = self.writer.write(renew).await? else {
            return Err(lost(lease));
        };
        let lease = Lease::told(lease.request_hash.clone(), row.try_get("lease")?);
        Ok(Claim {
            lease,
            ..claim.clone()
        })
    }

    /// Says how far the build is; see [`asu_protocol::build::stage`].
    pub async fn stage(
        &self,
        lease: &Lease,
        now: Timestamp,
        stage: &str,
    ) -> Result<(), StoreError> {
        let query = format!("UPDATE jobs SET stage = $3, log = log || $4 {HELD}");
        let query = held(&query, lease)
            .bind(stage)
            .bind(format!("{now} {stage}\n"));
        self.report(lease, query).await
    }

    /// Adds a line to what is kept of how the job went, which all who follow it see.
    pub async fn note(&self, lease: &Lease, now: Timestamp, line: &str) -> Result<(), StoreError> {
        let query = format!("UPDATE jobs SET log = log || $3 {HELD}");
        let query = held(&query, lease).bind(format!("{now} {line}\n"));
        self.report(lease, query).await
    }

    /// Ends a job with images; how long the answer is kept follows from the request.
    pub async fn succeed(
        &self,
        claim: &Claim,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<(), StoreError> {
        let until = self.policy.images_expire(&claim.request, now);
        self.end(&claim.lease, now, stage::DONE, answer, until)
            .await
    }

    /// Ends a job with a failure that is the request's fault.
    pub async fn fail(
        &self,
        claim: &Claim,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<(), StoreError> {
        let until = later(now, self.policy.keep_failure);
        self.end(&claim.lease, now, stage::FAILED, answer, until)
            .await
    }

    /// Reports a failure that is not the request's fault; `answer` is given if it was the last try.
    pub async fn retry(
        &self,
        claim: &Claim,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<Verdict, StoreError> {
        if claim.attempt >= self.policy.attempts {
            return self.give_up(claim, now, answer).await;
        }
        let again = later(now, self.policy.pause_after(claim.attempt));
        let line = format!("{now} failed, next try at {again}: {}\n", plain(answer));
        self.requeue(&claim.lease, millis(again), 0, line).await?;
        Ok(Verdict::Retry(again))
    }

    /// Ends a job with a failure that is not the request's fault and that trying again at once does
    /// not mend; asked again in a minute, it is tried again.
    pub async fn give_up(
        &self,
        claim: &Claim,
        now: Timestamp,
        answer: &BuildAnswer,
    ) -> Result<Verdict, StoreError> {
        let until = later(now, self.policy.keep_given_up);
        let ended = self.end(&claim.lease, now, stage::FAILED, answer, until);
        ended.await.map(|()| Verdict::GivenUp)
    }

    /// Gives a job back unfinished: the worker stops. It counts as not tried and is next again.
    pub async fn hand_back(&self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        let line = format!("{now} handed back\n");
        self.requeue(lease, 0, 1, line).await
    }

    /// Takes all leases of `worker` away, at its restart: whatever held them is gone, and files that were
    /// made under them never count.
    ///
    /// Says how many there were.
    pub async fn release(&self, worker: &str, now: Timestamp) -> Result<u64, StoreError> {
        let released = sqlx::query(
            "UPDATE jobs SET state = 'queued', stage = 'queued', worker = NULL,
                lease_until = NULL, lease = lease + 1, not_before = 0, log = log || $1
             WHERE state = 'started' AND worker = $2",
        )
        .bind(format!("{now} its worker was gone\n"))
        .bind(worker)
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected())
    }

    async fn requeue(
        &self,
        lease: &Lease,
        not_before: i64,
        untried: i64,
        line: String,
    ) -> Result<(), StoreError> {
        let query = format!(
            "UPDATE jobs SET state = 'queued', stage = 'queued', worker = NULL,
                lease_until = NULL, not_before = $3, attempts = attempts - $4, log = log || $5 {HELD}"
        );
        let query = held(&query, lease)
            .bind(not_before)
            .bind(untried)
            .bind(line);
        self.report(lease, query).await
    }

    async fn end(
        &self,
        lease: &Lease,
        now: Timestamp,
        state: &str,
        answer: &BuildAnswer,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let query = format!(
            "UPDATE jobs SET state = $3, stage = $3, worker = NULL, lease_until = NULL,
                answer = $4, expires_at = $5, log = log || $6, finished_at = $7 {HELD}"
        );
        let detail = plain(answer);
        let line = format!("{now} {state}: {detail}\n");
        let answer = BuildAnswer {
            detail,
            ..answer.clone()
        };
        let query = held(&query, lease)
            .bind(state)
            .bind(written(lease, &answer)?)
            .bind(millis(until))
            .bind(line)
            .bind(millis(now));
        self.report(lease, query).await
    }

    /// Ends a job that took its workers down with it, try after try.
    pub(crate) async fn give_up_killer(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = BuildAnswer {
            status: 500,
            detail: format!(
                "Error: the build was interrupted {} times and was given up; please ask again later",
                self.policy.attempts
            ),
            cause: "infrastructure".to_owned(),
            ..BuildAnswer::default()
        };
        match self.give_up(claim, now, &answer).await {
            // Whoever asked for it has withdrawn.
            Ok(_) | Err(StoreError::LeaseLost { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn report(&self, lease: &Lease, statement: Statement) -> Result<(), StoreError> {
        if self.writer.write(statement).await?.is_some() {
            return Ok(());
        }
        Err(lost(lease))
    }
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost {
        request_hash: lease.request_hash.clone(),
    }
}

/// A question about a lease.
fn of<'q>(query: &'q str, lease: &Lease) -> Query<'q, Any, AnyArguments<'q>> {
    sqlx::query(query)
        .bind(lease.request_hash.clone())
        .bind(lease.number)
}

/// A change under a lease; without one, nothing is returned.
fn held(query: &str, lease: &Lease) -> Statement {
    Statement::new(format!("{query} RETURNING request_hash"))
        .bind(lease.request_hash.clone())
        .bind(lease.number)
}

/// What happened, as text: a build tool's words may have a NUL, which PostgreSQL's text cannot.
fn plain(answer: &BuildAnswer) -> String {
    answer.detail.replace('\0', "\u{fffd}")
}

fn written(lease: &Lease, answer: &BuildAnswer) -> Result<String, StoreError> {
    serde_json::to_string(answer).map_err(|e| StoreError::Unreadable {
        request_hash: lease.request_hash.clone(),
        reason: e.to_string(),
    })
}
