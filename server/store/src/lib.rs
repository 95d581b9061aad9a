//! Build requests and their jobs, in SQLite or PostgreSQL: who asked for what, whose turn it is, what
//! came of it.
//!
//! It does not build, keeps no image files and reads no clock: time is an argument.
//!
//! - The [`request_hash`] of a canonical request is its identity. Identical requests join, by a
//!   unique key and one statement, never by a check before an insert.
//! - A job is taken with a [`Lease`] by one short statement. No transaction spans a build: a worker
//!   that dies costs the rest of its lease, not the job.
//! - A failure that is the request's fault is an answer, kept for a while. One that is not is tried
//!   again with growing pauses, and even when given up it is soon forgotten.

mod askers;
mod checks;
mod claim;
mod database;
mod dialect;
mod error;
mod files;
mod hash;
mod history;
mod images;
mod job;
mod places;
mod policy;
mod queue;
mod rebuilds;
mod statistics;
mod store;
mod tokens;
mod wake;
mod work;
mod writer;

pub use askers::Withdrawal;
pub use claim::Wanted;
pub use database::{Database, DatabaseError};
pub use error::StoreError;
pub use files::Files;
pub use hash::request_hash;
pub use history::{Day, FailedBuild, Popular, Tempo, VersionDay, day_of};
pub use job::{Admission, Claim, Job, Lease, Load, State, Verdict};
pub use policy::Policy;
pub use queue::Expired;
pub use statistics::ImageCount;
pub use store::Store;
pub use tokens::{InvalidScope, Scope, Token};
