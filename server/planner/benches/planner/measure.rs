//! Times of a function.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Runs before the first one that counts.
const WARM_UP: usize = 3;
/// Most runs that count.
const RUNS: usize = 100;
/// After so long there are enough of them.
const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// Fewest runs that count.
const FEWEST: usize = 7;

/// The middle and the least of several values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) median: f64,
    pub(crate) least: f64,
}

impl Measured {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (median, least) = (values[values.len() / 2], values[0]);
        Self { median, least }
    }
}

/// Milliseconds of processor time, without those for throwing the result away.
pub(crate) fn time<T>(mut run: impl FnMut() -> T) -> Measured {
    (0..WARM_UP).for_each(|_| drop(std::hint::black_box(run())));
    let begin = Instant::now();
    let mut times = Vec::with_capacity(RUNS);
    while times.len() < FEWEST || times.len() < RUNS && begin.elapsed() < LONG_ENOUGH {
        let start = processor_time();
        let result = std::hint::black_box(run());
        times.push((processor_time() - start) * 1e3);
        drop(result);
    }
    Measured::of(times)
}

/// Seconds this thread had a processor.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a benchmark runs for minutes")]
    let seconds = time.tv_sec as f64;
    seconds + f64::from(nanoseconds) * 1e-9
}
