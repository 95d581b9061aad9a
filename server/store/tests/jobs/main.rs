//! Behaviour of the job store, seen from outside.
//!
//! It is two test programs: this one is on SQLite, `postgres` has it as a module and is on
//! PostgreSQL.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::time::Duration;

use asu_protocol::build::{BuildAnswer, BuildRequest};
use asu_store::{Admission, Claim, Database, Job, Policy, State, Store, StoreError, Verdict};
use jiff::Timestamp;
use tempfile::TempDir;

mod checks;
mod crew;
mod crowds;
mod files;
mod history;
mod line;
mod numbers;
mod parked;
mod queue;
mod rebuilds;
mod targets;
mod tokens;
mod turns;
mod work;

const LEASE: Duration = Duration::from_mins(1);
const MANY: u32 = 100;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// A database of one test's own.
struct Place {
    _dir: TempDir,
    database: Database,
}

async fn store() -> (Place, Store) {
    let dir = tempfile::tempdir().unwrap();
    let database = if env!("CARGO_CRATE_NAME") == "postgres" {
        asu_test_postgres::database().parse()
    } else {
        Database::file(&dir.path().join("jobs.sqlite"))
    };
    let place = Place {
        _dir: dir,
        database: database.unwrap(),
    };
    let store = open(&place).await;
    (place, store)
}

async fn open(place: &Place) -> Store {
    Store::open(&place.database, Policy::default())
        .await
        .unwrap()
}

fn request(package: &str) -> BuildRequest {
    serde_json::from_value(serde_json::json!({
        "version": "24.10.2", "target": "ath79/generic", "profile": "p", "packages": [package],
    }))
    .unwrap()
}

fn answer(detail: &str) -> BuildAnswer {
    BuildAnswer {
        detail: detail.to_owned(),
        ..BuildAnswer::default()
    }
}

async fn queue(store: &Store, package: &str, second: i64) -> Job {
    match store.enqueue(&request(package), at(second), MANY).await {
        Ok(Admission::Queued(job)) => job,
        other => panic!("not queued: {other:?}"),
    }
}

async fn claim(store: &Store, second: i64) -> Claim {
    store
        .claim("w", at(second), LEASE)
        .await
        .unwrap()
        .expect("a job to claim")
}

async fn state(store: &Store, job: &Job, second: i64) -> Option<State> {
    let job = store.job(&job.request_hash, at(second)).await.unwrap();
    job.map(|job| job.state)
}
