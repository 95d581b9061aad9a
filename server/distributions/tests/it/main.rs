//! The crate as its users meet it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod committed;
mod common;
mod mistakes;
mod properties;
mod transform;
