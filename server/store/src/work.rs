//! The workers' side: claim, report, finish.

use std::time::Duration;

use asu_protocol::build::{BuildAnswer, stage};
use jiff::Timestamp;
use sqlx::any::AnyArguments;
use sqlx::{Any, query::Query};

use crate::StoreError;
use crate::dialect::Dialect;
use crate::job::{Claim, Lease, Verdict, read_claim};
use crate::store::{Store, later, millis};

/// The longest-waiting job that may be tried, to this worker, in one statement.
fn claim(dialect: Dialect) -> String {
    let skip_locked = dialect.skip_locked();
    format!(
        "
    UPDATE jobs SET
        state = 'started', stage = 'init', worker = $1, lease_until = $2,
        lease = lease + 1, attempts = attempts + 1, log = log || $3, started_at = $4
    WHERE place = (
        SELECT place FROM jobs
        WHERE state IN ('queued', 'started')
          AND ((state = 'queued' AND not_before <= $4)
            OR (state = 'started' AND lease_until <= $4))
        ORDER BY place LIMIT 1 {skip_locked})
    RETURNING request_hash, request, lease, attempts"
    )
}

/// What a job that took its workers down with it, try after try, is answered.
fn give_up(dialect: Dialect) -> String {
    let skip_locked = dialect.skip_locked();
    format!(
        "
    UPDATE jobs SET
        state = 'failed', stage = 'failed', worker = NULL, lease_until = NULL,
        log = log || $1, answer = $2, expires_at = $3, finished_at = $5
    WHERE request_hash IN (
        SELECT request_hash FROM jobs
        WHERE attempts >= $4
          AND state IN ('queued', 'started')
          AND (state = 'queued' OR (state = 'started' AND lease_until <= $5))
        {skip_locked})"
    )
}

/// Every report is refused unless its lease is the job's current one.
const HELD: &str = "WHERE request_hash = $1 AND lease = $2 AND state = 'started'";

impl Store {
    /// Takes the next job for `worker`, whose lease ends at `now + lease` unless it is extended.
    ///
    /// `None`: nothing waits, or what waits is in a pause after a failure.
    pub async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        self.give_up_killers(now).await?;
        let row = sqlx::query(&claim(self.dialect))
            .bind(worker)
            .bind(millis(later(now, lease)))
            .bind(format!("{now} started by {worker}\n"))
            .bind(millis(now))
            .fetch_optional(&self.pool)
            .await?;
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

    async fn give_up_killers(&self, now: Timestamp) -> Result<(), StoreError> {
        let answer = BuildAnswer {
            status: 500,
            detail: format!(
                "Error: the build was interrupted {} times and was given up; please ask again later",
                self.policy.attempts
            ),
            cause: "infrastructure".to_owned(),
            ..BuildAnswer::default()
        };
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        sqlx::query(&give_up(self.dialect))
            .bind(format!("{now} given up\n"))
            .bind(answer)
            .bind(millis(later(now, self.policy.keep_given_up)))
            .bind(i64::from(self.policy.attempts))
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn report<'q>(
        &self,
        lease: &Lease,
        query: Query<'q, Any, AnyArguments<'q>>,
    ) -> Result<(), StoreError> {
        if query.execute(&self.pool).await?.rows_affected() == 1 {
            return Ok(());
        }
        Err(StoreError::LeaseLost {
            request_hash: lease.request_hash.clone(),
        })
    }
}

fn held<'q>(query: &'q str, lease: &Lease) -> Query<'q, Any, AnyArguments<'q>> {
    sqlx::query(query)
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
