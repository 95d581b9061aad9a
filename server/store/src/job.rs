use asu_protocol::build::{BuildAnswer, BuildRequest};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::askers::CANCELLED;
use crate::park::PARKED;

/// A request and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// See [`crate::request_hash`].
    pub request_hash: String,
    /// The canonical request.
    pub request: BuildRequest,
    /// When it was accepted.
    pub enqueued_at: Timestamp,
    /// How it stands.
    pub state: State,
    /// Whether it ended because all who asked for it withdrew: asked for again, it begins anew.
    pub cancelled: bool,
    /// Whether it is left alone after failures; the operator may end that at any time.
    pub parked: bool,
    /// What happened so far, one line an event, for the operator.
    pub log: String,
    /// When the answer is no longer given; `None` until there is one.
    pub expires_at: Option<Timestamp>,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits for a worker.
    Queued {
        /// How many waiting jobs are before it; 0 is next.
        position: u32,
    },
    /// A worker is on it.
    Started {
        /// How far it is; see `asu_protocol::build::stage`.
        stage: String,
    },
    /// There are images.
    Done(Box<BuildAnswer>),
    /// There are none, and why.
    Failed(Box<BuildAnswer>),
}

/// What became of a request that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is new and was queued.
    Queued(Job),
    /// The same request is known; this is how it stands.
    Joined(Job),
    /// The queue is full and the request was not known; nothing was kept.
    Full {
        /// How many jobs wait.
        pending: u32,
    },
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Jobs that wait for a worker.
    pub pending: u32,
    /// Jobs a worker is on.
    pub building: u32,
}

/// The right to work on a job until the lease ends; see [`crate::Store::claim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub(crate) request_hash: String,
    pub(crate) number: i64,
}

impl Lease {
    /// A lease as it was told to somebody else, who may have made it up: reports find out.
    pub fn told(request_hash: String, number: i64) -> Self {
        Self {
            request_hash,
            number,
        }
    }

    /// The job's identity.
    pub fn request_hash(&self) -> &str {
        &self.request_hash
    }

    /// Tells it from every other lease of the job, also from those of the request's earlier jobs.
    pub fn number(&self) -> i64 {
        self.number
    }
}

/// A job to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What shows the right to it; every report needs it.
    pub lease: Lease,
    /// The canonical request.
    pub request: BuildRequest,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// What became of a job that failed through no fault of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It waits for another try, not before this time.
    Retry(Timestamp),
    /// It was tried often enough; the failure is its answer for a short while.
    GivenUp,
    /// It was tried often enough; the failure is its answer until this time, and its log is kept.
    Parked(Timestamp),
}

pub(crate) fn read_job(row: &AnyRow) -> Result<Job, StoreError> {
    let request_hash: String = row.try_get("request_hash")?;
    let unreadable = |reason: String| StoreError::Unreadable {
        request_hash: request_hash.clone(),
        reason,
    };
    let answer = |row: &AnyRow| -> Result<Box<BuildAnswer>, StoreError> {
        let text: String = row.try_get("answer")?;
        serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))
    };
    // A started job whose lease has ended waits like any other; `shown` says so.
    let state = match row.try_get::<String, _>("shown")?.as_str() {
        "queued" => State::Queued {
            position: count(row, "position")?,
        },
        "started" => State::Started {
            stage: row.try_get("stage")?,
        },
        "done" => State::Done(answer(row)?),
        "failed" => State::Failed(answer(row)?),
        other => return Err(unreadable(format!("unknown state {other:?}"))),
    };
    let request: String = row.try_get("request")?;
    let request = serde_json::from_str(&request).map_err(|e| unreadable(e.to_string()))?;
    let enqueued_at = Timestamp::from_millisecond(row.try_get("enqueued_at")?)
        .map_err(|e| unreadable(e.to_string()))?;
    let expires_at: Option<i64> = row.try_get("expires_at")?;
    let expires_at = expires_at
        .map(Timestamp::from_millisecond)
        .transpose()
        .map_err(|e| unreadable(e.to_string()))?;
    let log = row.try_get("log")?;
    let how_far: String = row.try_get("stage")?;
    let has_failed = matches!(state, State::Failed(_));
    Ok(Job {
        request_hash: request_hash.clone(),
        request,
        enqueued_at,
        cancelled: has_failed && how_far == CANCELLED,
        parked: has_failed && how_far == PARKED,
        state,
        log,
        expires_at,
    })
}

pub(crate) fn read_claim(row: &AnyRow) -> Result<Claim, StoreError> {
    let request_hash: String = row.try_get("request_hash")?;
    let request: String = row.try_get("request")?;
    let request = serde_json::from_str(&request).map_err(|e| StoreError::Unreadable {
        request_hash: request_hash.clone(),
        reason: e.to_string(),
    })?;
    let number = row.try_get("lease")?;
    Ok(Claim {
        lease: Lease {
            request_hash,
            number,
        },
        request,
        attempt: count(row, "attempts")?,
    })
}

/// A number that is never negative and never large.
pub(crate) fn count(row: &AnyRow, column: &str) -> Result<u32, StoreError> {
    let number: i64 = row.try_get(column)?;
    Ok(u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX }))
}
