//! The whole server with its jobs on PostgreSQL: the suite of `site` once more, several servers on
//! one database, and the program itself.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

#[path = "../site/main.rs"]
mod site;

mod program;
mod rolling;
mod servers;
