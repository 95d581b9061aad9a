//! Behaviour of the job store on PostgreSQL: the suite of `jobs` once more, and what is
//! PostgreSQL's own.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

#[path = "../jobs/main.rs"]
mod jobs;

mod servers;
mod transfer;
