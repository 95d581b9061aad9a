//! What has happened, counted.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number that many add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU32);

impl Count {
    pub(crate) fn add(&self, more: u32) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What was done to the stage, and what clients met with.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: Count,
    pub(crate) answered: Count,
    /// Answers that a client did not get at once: a server was away, or failed.
    pub(crate) repeated: Count,
    /// Builds that were given up, and asked for again.
    pub(crate) given_up: Count,
    pub(crate) kills: Count,
    pub(crate) pauses: Count,
    pub(crate) cuts: Count,
    /// Of PostgreSQL.
    pub(crate) restarts: Count,
    /// Of the S3 server.
    pub(crate) outages: Count,
}

/// What must not have happened.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Requests without an answer, or whose answer the database does not have.
    pub(crate) lost: u32,
    /// Requests that were published more than once.
    pub(crate) duplicated: u32,
    /// Images that are not what their answer says.
    pub(crate) corrupt: u32,
    /// Rows and files that belong to no answer.
    pub(crate) orphans: u32,
    /// Programs that panicked or did not end in order.
    pub(crate) faults: u32,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        [
            self.lost,
            self.duplicated,
            self.corrupt,
            self.orphans,
            self.faults,
        ] == [0; 5]
    }
}

/// The line for people and programs.
pub(crate) struct Summary<'a> {
    pub(crate) tally: &'a Tally,
    pub(crate) verdict: &'a Verdict,
    pub(crate) seconds: u64,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tally,
            verdict,
            seconds,
        } = self;
        let figures = [
            ("requests", tally.requests.get()),
            ("lost", verdict.lost),
            ("duplicated", verdict.duplicated),
            ("corrupt", verdict.corrupt),
            ("kills", tally.kills.get()),
            ("pauses", tally.pauses.get()),
            ("cuts", tally.cuts.get()),
            ("restarts", tally.restarts.get()),
            ("outages", tally.outages.get()),
            ("orphans", verdict.orphans),
            ("faults", verdict.faults),
            ("repeated", tally.repeated.get()),
            ("given_up", tally.given_up.get()),
        ];
        for (name, figure) in figures {
            write!(f, "{name}={figure} ")?;
        }
        write!(f, "seconds={seconds}")
    }
}
