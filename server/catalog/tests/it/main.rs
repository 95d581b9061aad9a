//! The catalog against a small upstream that can be made to misbehave.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod feeds;
mod requests;
mod resilience;
mod upstream;
