//! The whole product on one machine: a mirror, the server, a virtual router and a browser.
//!
//! The journeys (`journeys/`) and the demo (`asu-demo`) play on the same [`Stage`]. Everything runs
//! as the processes a user would run and is touched from outside only: HTTP, ubus and clicks.
//! This crate builds nothing; `cargo xtask demo` and `cargo xtask test` build what it starts.

pub mod axe;
pub mod browser;
pub mod front;
pub mod mirror;
pub mod page;
pub mod process;
pub mod router;
pub mod screen;
pub mod server;
pub mod stage;

pub use stage::{Parts, Stage};
