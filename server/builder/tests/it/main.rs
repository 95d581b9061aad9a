//! Builds with a small ImageBuilder, from a mirror in this process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod builds;
mod crashes;
mod downloads;
mod failures;
mod feeds;
mod hostile;
mod lifetime;
mod mirror;
mod space;
mod trust;
