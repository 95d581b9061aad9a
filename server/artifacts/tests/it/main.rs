//! Behaviour of the image store, seen from outside, on disk and in the bucket of a real S3 server.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod both;
mod bucket;
mod disk;
mod home;
mod names;
mod outages;

asu_test_s3::process!();
