//! Builds with a small ImageBuilder, from a mirror in this process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod apk;
mod builds;
mod cache;
mod crashes;
mod downloads;
mod failures;
mod feeds;
mod first_run;
mod front;
mod hostile;
mod lifetime;
mod mirror;
mod space;
mod trust;
