//! How fast workers get jobs and end them: `cargo xtask bench queue`.
//!
//! A hundred thousand jobs wait in a database as a server has it: what it says is done is on the disk.
//! The workers of one process each claim a job, extend its lease and end it with an answer, over and
//! over, without building anything. Of several rounds the best counts, and the least of each latency:
//! what else runs on the machine makes a round worse, never better.

use std::time::{Duration, Instant};

use asu_store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fill;
use crate::held::{Held, Side};
use crate::place::{Kind, Place, answer, quantile};

/// Jobs that wait.
const WAITING: u32 = 100_000;
/// Workers at once: a lone one, a small site, release day.
const WORKERS: [u32; 3] = [1, 8, 64];
/// How long each round takes.
const ROUND: Duration = Duration::from_secs(2);
/// Rounds, of which the best counts.
const ROUNDS: usize = 5;
const LEASE: Duration = Duration::from_mins(1);

/// Measures; whether all budgets are kept.
pub(crate) async fn measure() -> bool {
    let mut rows = Vec::new();
    for kind in Kind::BOTH {
        let place = Place::new(kind).await;
        fill::rows(&place, WAITING, "queued").await;
        let store = place.open().await;
        for workers in WORKERS {
            rows.push(best(kind, &store, workers).await);
        }
        store.close().await;
    }
    let told: Vec<Value> = rows.iter().map(Row::json).collect();
    held(&rows).print(&told, || table(&rows))
}

struct Row {
    kind: Kind,
    workers: u32,
    /// Jobs claimed, and as many ended, a second.
    rate: f64,
    /// Of a claim, milliseconds.
    p50: f64,
    p99: f64,
}

impl Row {
    fn json(&self) -> Value {
        json!({"database": self.kind.name(), "workers": self.workers, "rate": self.rate,
            "claim_p50_ms": self.p50, "claim_p99_ms": self.p99})
    }
}

fn held(rows: &[Row]) -> Held {
    let mut held = Held::new();
    for row in rows {
        let name = format!("queue {}, {} workers", row.kind.name(), row.workers);
        if row.workers == 64 {
            held.add(format!("{name}, claims/s"), row.rate, Side::AtLeast, "");
        }
        held.add(format!("{name}, claim p99"), row.p99, Side::AtMost, "ms");
    }
    held
}

fn table(rows: &[Row]) {
    println!(
        "{:<12} {:>8} {:>9} {:>13} {:>13} {:>13}",
        "", "workers", "claims/s", "completions/s", "claim p50 ms", "claim p99 ms"
    );
    for Row {
        kind,
        workers,
        rate,
        p50,
        p99,
    } in rows
    {
        let name = kind.name();
        println!("{name:<12} {workers:>8} {rate:>9.0} {rate:>13.0} {p50:>13.2} {p99:>13.2}");
    }
}

async fn best(kind: Kind, store: &Store, workers: u32) -> Row {
    eprintln!("measuring: {}, {workers} workers", kind.name());
    let mut best = Row {
        kind,
        workers,
        rate: 0.0,
        p50: f64::MAX,
        p99: f64::MAX,
    };
    for _ in 0..ROUNDS {
        let (rate, mut claims) = round(store, workers).await;
        let (p50, p99) = (quantile(&mut claims, 0.5), quantile(&mut claims, 0.99));
        best.rate = best.rate.max(rate);
        best.p50 = best.p50.min(p50);
        best.p99 = best.p99.min(p99);
    }
    best
}

/// Jobs a second that were claimed and ended, and how long each claim took.
async fn round(store: &Store, workers: u32) -> (f64, Vec<Duration>) {
    let begin = Instant::now();
    let mut working = JoinSet::new();
    for number in 0..workers {
        working.spawn(work(
            store.clone(),
            format!("worker-{number}"),
            begin + ROUND,
        ));
    }
    let claims = working.join_all().await.concat();
    let count = u32::try_from(claims.len()).unwrap();
    (f64::from(count) / begin.elapsed().as_secs_f64(), claims)
}

/// Works until it is time to go; says how long each claim took.
async fn work(store: Store, name: String, end: Instant) -> Vec<Duration> {
    let done = answer();
    let mut claims = Vec::new();
    while Instant::now() < end {
        let begin = Instant::now();
        let claim = store
            .claim(&name, Timestamp::now(), LEASE)
            .await
            .unwrap()
            .unwrap();
        claims.push(begin.elapsed());
        store
            .heartbeat(&claim.lease, Timestamp::now(), LEASE)
            .await
            .unwrap();
        store
            .succeed(&claim, Timestamp::now(), &done)
            .await
            .unwrap();
    }
    claims
}
