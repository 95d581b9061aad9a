//! The routes once more, with the jobs on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

#[path = "http/main.rs"]
mod http;
