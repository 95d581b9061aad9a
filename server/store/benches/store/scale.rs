//! What a growing store costs: `cargo xtask bench scale`.
//!
//! Ten thousand, a hundred thousand and a million finished jobs, in SQLite and in PostgreSQL; then a
//! finished request is looked up by its hash, and a known one is asked for again. A search tree of a
//! million is half as deep again as one of ten thousand, so an answer may cost half as much again. The
//! sizes take turns, and of all turns the least median counts: what else runs on the machine makes a
//! turn worse, never better. The figures and a plot are written to `docs/`.

use std::time::{Duration, Instant};

use asu_protocol::build::BuildRequest;
use asu_store::{Admission, Store, request_hash};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::held::{Held, Side};
use crate::place::{Kind, Place, quantile};
use crate::{fill, page, plot};

/// Finished jobs.
pub(crate) const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// How often each is looked up in one turn.
const LOOKUPS: usize = 1000;
const TURNS: usize = 7;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// [`Store::job`] of a finished request.
    Lookup,
    /// [`Store::enqueue`] of a known request.
    Again,
}

impl What {
    const BOTH: [Self; 2] = [Self::Lookup, Self::Again];

    fn name(self) -> &'static str {
        match self {
            Self::Lookup => "look up a finished request",
            Self::Again => "ask for a known request",
        }
    }
}

/// A line of the plot.
pub(crate) struct Line {
    kind: Kind,
    what: What,
    /// Milliseconds of one, with each of [`SIZES`].
    pub(crate) costs: [f64; 3],
}

impl Line {
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.kind.name(), self.what.name())
    }

    /// How many times as much it costs with a million as with ten thousand.
    pub(crate) fn growth(&self) -> f64 {
        self.costs[2] / self.costs[0]
    }

    fn json(&self) -> Value {
        let costs = SIZES.iter().zip(self.costs);
        let costs: Vec<Value> = costs
            .map(|(size, ms)| json!({"jobs": size, "ms": ms}))
            .collect();
        json!({"database": self.kind.name(), "what": self.what.name(), "costs": costs,
            "growth": self.growth()})
    }
}

/// Measures, writes the page; whether all budgets are kept.
pub(crate) async fn measure() -> bool {
    let mut lines = Vec::new();
    for kind in Kind::BOTH {
        lines.extend(lines_of(kind).await);
    }
    plot::draw(&lines);
    page::write(&lines);
    let rows: Vec<Value> = lines.iter().map(Line::json).collect();
    held(&lines).print(&rows, || table(&lines))
}

fn held(lines: &[Line]) -> Held {
    let mut held = Held::new();
    for line in lines {
        let name = format!("scale {}, growth", line.name());
        held.add(name, line.growth(), Side::AtMost, "x");
    }
    held
}

fn table(lines: &[Line]) {
    let [small, middle, large] = SIZES;
    println!(
        "{:<40} {small:>10} {middle:>10} {large:>10} finished jobs",
        ""
    );
    for line in lines {
        let [small, middle, large] = line.costs;
        println!(
            "{:<40} {small:>10.3} {middle:>10.3} {large:>10.3} ms",
            line.name()
        );
    }
}

/// A store and requests it knows.
struct Filled {
    store: Store,
    known: Vec<BuildRequest>,
    _place: Place,
}

impl Filled {
    async fn new(kind: Kind, size: u32) -> Self {
        let begin = Instant::now();
        let place = Place::new(kind).await;
        let known = fill::rows(&place, size, "done").await;
        eprintln!(
            "filled: {} with {size} in {:.0?}",
            kind.name(),
            begin.elapsed()
        );
        Self {
            store: place.open().await,
            known,
            _place: place,
        }
    }

    /// The median, milliseconds.
    async fn cost(&self, what: What) -> f64 {
        let mut times = Vec::with_capacity(LOOKUPS);
        for wish in self.known.iter().cycle().take(LOOKUPS) {
            times.push(match what {
                What::Lookup => self.look_up(wish).await,
                What::Again => self.ask_again(wish).await,
            });
        }
        quantile(&mut times, 0.5)
    }

    async fn look_up(&self, wish: &BuildRequest) -> Duration {
        let hash = request_hash(wish);
        let begin = Instant::now();
        let job = self.store.job(&hash, Timestamp::now()).await.unwrap();
        let took = begin.elapsed();
        assert!(job.is_some(), "it is known");
        took
    }

    async fn ask_again(&self, wish: &BuildRequest) -> Duration {
        let begin = Instant::now();
        let admitted = self.store.enqueue(wish, Timestamp::now(), 1).await.unwrap();
        let took = begin.elapsed();
        assert!(matches!(admitted, Admission::Joined(_)), "it is known");
        took
    }
}

async fn lines_of(kind: Kind) -> Vec<Line> {
    let mut stores = Vec::new();
    for size in SIZES {
        stores.push(Filled::new(kind, size).await);
    }
    let line = |what| Line {
        kind,
        what,
        costs: [f64::MAX; 3],
    };
    let mut lines: Vec<Line> = What::BOTH.map(line).into();
    for _ in 0..TURNS {
        for line in &mut lines {
            for (least, store) in line.costs.iter_mut().zip(&stores) {
                *least = least.min(store.cost(line.what).await);
            }
        }
    }
    for filled in stores {
        filled.store.close().await;
    }
    lines
}
