//! The workers' side: which job is taken next, and by whom.

use std::time::Duration;

use asu_protocol::worker::Place;
use jiff::Timestamp;

use crate::dialect::Dialect;
use crate::job::{Claim, read_claim};
use crate::store::{Store, later, millis};
use crate::writer::Statement;
use crate::{Scope, StoreError};

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
/// How many places a job may gain: so many rows are looked at, however long the queue is.
const PLACES_GAINED: i64 = 256;

/// Jobs that may be tried at the time $4.
const READY: &str = "state IN ('queued', 'started')
          AND ((state = 'queued' AND not_before <= $4)
            OR (state = 'started' AND lease_until <= $4))";

/// The longest-waiting job that may be tried, to this worker, in one statement; with `prepared`, only
/// one that it is prepared for and that may overtake. The order is written as the index `jobs_next` has
/// it.
fn claim(dialect: Dialect, wanted: &Wanted, prepared: bool) -> String {
    let skip_locked = dialect.skip_locked();
    let mut ready = READY.to_owned();
    if !wanted.scope.is_all() {
        let target = dialect.field("request", "target");
        ready = format!("{ready} AND {}", dialect.is_within(&target, "$5"));
    }
    let prepared = match (prepared, wanted.scope.is_all()) {
        (false, _) => String::new(),
        (true, true) => may_overtake(dialect, &ready, 5),
        (true, false) => may_overtake(dialect, &ready, 6),
    };
    format!(
        "
    UPDATE jobs SET
        state = 'started', stage = 'init', worker = $1, lease_until = $2,
        lease = lease + 1, attempts = attempts + 1, log = log || $3, started_at = $4
    WHERE place = (
        SELECT place FROM jobs
        WHERE {ready} {prepared}
        ORDER BY place + 0 LIMIT 1 {skip_locked})
    RETURNING request_hash, request, lease, attempts"
    )
}

/// Whether a job is one of the places in this parameter, and not far from the first that is ready.
fn may_overtake(dialect: Dialect, ready: &str, parameter: u8) -> String {
    let place = format!(
        "{} || '/' || {}",
        dialect.field("request", "version"),
        dialect.field("request", "target")
    );
    let is_prepared = dialect.is_listed(&place, &format!("${parameter}"));
    let first =
        |column| format!("(SELECT {column} FROM jobs WHERE {ready} ORDER BY place + 0 LIMIT 1)");
    let (place, since) = (first("place"), first("enqueued_at"));
    let ahead = AHEAD.as_millis();
    format!(
        "AND {is_prepared} AND place < {place} + {PLACES_GAINED} AND enqueued_at <= {since} + {ahead}"
    )
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
            self.give_up_killer(&claim, now).await?;
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
        let mut statement = Statement::new(claim(self.dialect, wanted, prepared))
            .bind(worker)
            .bind(millis(later(now, lease)))
            .bind(format!("{now} started by {worker}\n"))
            .bind(millis(now));
        if !wanted.scope.is_all() {
            statement = statement.bind(wanted.scope.framed());
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
