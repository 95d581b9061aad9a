//! Which packages a request brings: against recordings of the genuine tools, and for requests and
//! indexes made up at random.

// Helpers outside the test functions, too, fail a test by panicking.
#![allow(clippy::unwrap_used)]

mod cases;
mod checker;
mod fixture;
mod properties;
mod remedies;
mod speed;
