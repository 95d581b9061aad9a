//! The workers' side: which job is taken next, and by whom.

use std::time::Duration;

use asu_protocol::worker::Place;
use jiff::Timestamp;

use crate::dialect::Dialect;
use crate::job::{Claim, read_claim};
use crate::store::{Store, later, millis};
use crate::writer::Statement;
use crate::{Scope, StoreError, targets};

/// What a worker takes: jobs of these targets, and sooner those it is prepared for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The targets.
    pub scope: Scope,
    /// The ImageBuilders it has at hand. A job for one of them overtakes a few others, none of which
    /// has waited much longer.
    pub places: Vec<Place>,
}

impl Wanted {
    /// For the statement that looks for a release and target in it.
    fn framed_places(&self) -> String {
        let places = self.places.iter();
        let places = places.map(|Place { version, target }| format!(" {version}/{target} "));
        places.collect()
    }
}

/// By how much longer a job may have waited that is overtaken. Obtaining an ImageBuilder takes about as
/// long, so whoever waits for the overtaken one is not better off without.
const AHEAD: Duration = Duration::from_mins(1);
/// How many turns a job may gain: who has asked for many gains no more from workers that are prepared
/// for them.
const TURNS_GAINED: i64 = 4;
/// How many jobs are looked at for one that may overtake, however long the queue is.
const NEAR: u32 = 256;

/// Jobs of `table` that may be tried at the time $4.
pub(crate) fn ready(table: &str) -> String {
    format!(
        "{table}.state IN ('queued', 'started')
          AND (({table}.state = 'queued' AND {table}.not_before <= $4)
            OR ({table}.state = 'started' AND {table}.lease_until <= $4))"
    )
}

/// What a claim is bound by; each has its parameters behind the first four.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    dialect: Dialect,
    /// To some targets ($5), none of which has as many running as it may ($6).
    targets: bool,
    /// To what the worker is prepared for, the last parameter.
    prepared: bool,
}

impl Bounds {
    /// Takes the job whose turn it is, in one statement; with `prepared`, one that may overtake it.
    fn claim(self) -> String {
        let pick = if self.prepared {
            self.overtaking()
        } else {
            self.first(self.dialect.skip_locked())
        };
        format!(
            "
    UPDATE jobs SET
        state = 'started', stage = 'init', worker = $1, lease_until = $2, client = '',
        lease = lease + 1, attempts = attempts + 1, log = log || $3, started_at = $4
    WHERE place = ({pick})
    RETURNING request_hash, request, lease, attempts"
        )
    }

    /// The place of the job whose turn it is.
    fn first(self, lock: &str) -> String {
        if self.targets {
            return targets::first(self.dialect, &ready("jobs"), &ready("head"), lock);
        }
        let ready = ready("jobs");
        format!(
            "SELECT jobs.place FROM jobs WHERE {ready} ORDER BY jobs.turn, jobs.place LIMIT 1 {lock}"
        )
    }

    /// The place of the first job that the worker is prepared for, not far from the one whose turn it is.
    fn overtaking(self) -> String {
        let dialect = self.dialect;
        let list = if self.targets { "$7" } else { "$5" };
        let place = format!(
            "{} || '/' || jobs.target",
            dialect.field("jobs.request", "version")
        );
        let is_prepared = dialect.is_listed(&place, list);
        // A request is read only if its target is one of theirs.
        let is_near = dialect.has(list, "'/' || jobs.target || ' '");
        let may = if self.targets {
            targets::may_run(dialect, "jobs.target")
        } else {
            "TRUE".to_owned()
        };
        let (first, ahead, lock) = (self.first(""), AHEAD.as_millis(), dialect.skip_locked());
        let (ready, near) = (ready("jobs"), ready("near"));
        format!(
            "WITH first AS (SELECT turn, enqueued_at FROM jobs WHERE place = ({first}))
             SELECT jobs.place FROM jobs
             WHERE jobs.place IN (SELECT near.place FROM jobs AS near WHERE {near}
                    AND near.turn >= (SELECT turn FROM first)
                    ORDER BY near.turn, near.place LIMIT {NEAR})
                AND jobs.turn <= (SELECT turn FROM first) + {TURNS_GAINED}
                AND jobs.enqueued_at <= (SELECT enqueued_at FROM first) + {ahead}
                AND {ready} AND CASE WHEN {is_near} THEN {is_prepared} ELSE FALSE END AND {may}
             ORDER BY jobs.turn, jobs.place LIMIT 1 {lock}"
        )
    }
}

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
        self.claim_of(&Wanted::default(), worker, now, lease).await
    }

    /// As [`Store::claim`], of the jobs that are wanted.
    pub async fn claim_of(
        &self,
        wanted: &Wanted,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        while let Some(claim) = self.take(wanted, worker, now, lease).await? {
            if claim.attempt <= self.policy.attempts {
                return Ok(Some(claim));
            }
            self.park_killer(&claim, now).await?;
        }
        Ok(None)
    }

    async fn take(
        &self,
        wanted: &Wanted,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        if !wanted.places.is_empty() {
            let prepared = self.take_one(wanted, true, worker, now, lease).await?;
            if prepared.is_some() {
                return Ok(prepared);
            }
        }
        self.take_one(wanted, false, worker, now, lease).await
    }

    async fn take_one(
        &self,
        wanted: &Wanted,
        prepared: bool,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        let limits = &self.policy.target_limits;
        let bounds = Bounds {
            dialect: self.dialect,
            targets: !(wanted.scope.is_all() && limits.is_empty()),
            prepared,
        };
        let mut statement = Statement::new(bounds.claim())
            .bind(worker)
            .bind(millis(later(now, lease)))
            .bind(format!("{now} started by {worker}\n"))
            .bind(millis(now));
        if bounds.targets {
            let limits = serde_json::json!(limits).to_string();
            statement = statement.bind(wanted.scope.framed()).bind(limits);
        }
        if !limits.is_empty() {
            statement = statement.after(self.dialect.lock_limits());
        }
        if prepared {
            statement = statement.bind(wanted.framed_places());
        }
        let row = self.writer.write(statement).await?;
        let claim = row.as_ref().map(read_claim).transpose()?;
        if let Some(claim) = &claim {
            self.places.forget(claim.lease.request_hash());
        }
        Ok(claim)
    }
}
