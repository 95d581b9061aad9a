//! One day: a queue, workers, and everybody who waits.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use fastrand::Rng;

use crate::world::World;

/// As the store's claims: how many places a job may gain whose ImageBuilder is at hand, and by how much
/// longer, milliseconds, those it overtakes may have waited.
const PLACES_GAINED: usize = 256;
const AHEAD: u32 = 60_000;

/// What a day is made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means {
    /// How many build at once; each has a core.
    pub(crate) workers: usize,
    /// One build, milliseconds, on average.
    pub(crate) build: u32,
    /// Obtaining an ImageBuilder that a worker does not have, milliseconds.
    pub(crate) imagebuilder: u32,
    /// How many ImageBuilders a worker keeps.
    pub(crate) kept: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long each router waited, milliseconds, least first.
    pub(crate) waits: Vec<u32>,
    /// Most jobs in the queue.
    pub(crate) longest_queue: usize,
    /// Most routers that waited at the same time.
    pub(crate) most_waiting: usize,
    /// Requests for which a queue of 200 had no place.
    pub(crate) beyond_default: usize,
    /// ImageBuilders that were obtained.
    pub(crate) obtained: usize,
}

impl Outcome {
    /// Milliseconds within which this part of routers had their image.
    pub(crate) fn within(&self, part: f64) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "it is a position in a list"
        )]
        let place = (self.waits.len() as f64 * part) as usize;
        let last = self.waits.len().saturating_sub(1);
        self.waits.get(place.min(last)).copied().unwrap_or_default()
    }
}

#[derive(Clone, Default)]
enum Job {
    #[default]
    Unknown,
    /// With the times at which it was asked for.
    Waited(Vec<u32>),
    Done,
}

struct Day<'a> {
    world: &'a World,
    means: Means,
    rng: Rng,
    jobs: Vec<Job>,
    queue: VecDeque<(u32, u32)>,
    idle: Vec<usize>,
    /// The ImageBuilders of each worker, last used last.
    held: Vec<Vec<u16>>,
    /// When which worker ends which request.
    ends: BinaryHeap<Reverse<(u32, usize, u32)>>,
    waiting: usize,
    outcome: Outcome,
}

/// Lives through the day, and as long after it as anybody waits.
pub(crate) fn live(world: &World, means: Means, seed: u64) -> Outcome {
    let mut day = Day {
        world,
        means,
        rng: Rng::with_seed(seed),
        jobs: vec![Job::Unknown; world.targets.len()],
        queue: VecDeque::new(),
        idle: (0..means.workers).rev().collect(),
        held: vec![Vec::new(); means.workers],
        ends: BinaryHeap::new(),
        waiting: 0,
        outcome: Outcome::default(),
    };
    for ask in &world.asks {
        day.end_until(ask.at);
        day.ask(ask.at, ask.request);
    }
    day.end_until(u32::MAX);
    day.outcome.waits.sort_unstable();
    day.outcome
}

impl Day<'_> {
    fn ask(&mut self, now: u32, request: u32) {
        match &mut self.jobs[request as usize] {
            Job::Done => return self.outcome.waits.push(0),
            Job::Waited(askers) => askers.push(now),
            job @ Job::Unknown => {
                *job = Job::Waited(vec![now]);
                self.outcome.beyond_default += usize::from(self.queue.len() >= 200);
                self.queue.push_back((now, request));
                self.give_out(now);
            }
        }
        self.waiting += 1;
        self.outcome.most_waiting = self.outcome.most_waiting.max(self.waiting);
        self.outcome.longest_queue = self.outcome.longest_queue.max(self.queue.len());
    }

    fn give_out(&mut self, now: u32) {
        while let Some(worker) = self.idle.pop_if(|_| !self.queue.is_empty()) {
            self.claim(worker, now);
        }
    }

    fn end_until(&mut self, time: u32) {
        while let Some(Reverse((at, worker, request))) = self.ends.peek().copied() {
            if at > time {
                return;
            }
            self.ends.pop();
            let job = std::mem::replace(&mut self.jobs[request as usize], Job::Done);
            if let Job::Waited(askers) = job {
                self.waiting -= askers.len();
                self.outcome
                    .waits
                    .extend(askers.into_iter().map(|asked| at - asked));
            }
            self.idle.push(worker);
            self.give_out(at);
        }
    }

    /// The first job whose ImageBuilder is at hand, if it may overtake; else the first.
    fn claim(&mut self, worker: usize, now: u32) {
        let first = self.queue.front().map_or(0, |(since, _)| *since);
        let held = &self.held[worker];
        let may = |(since, request): &(u32, u32)| {
            *since <= first.saturating_add(AHEAD)
                && held.contains(&self.world.targets[*request as usize])
        };
        let prepared = self.queue.iter().take(PLACES_GAINED).position(may);
        let Some((_, request)) = self.queue.remove(prepared.unwrap_or(0)) else {
            return;
        };
        let time = self.time_of(worker, self.world.targets[request as usize]);
        self.ends
            .push(Reverse((now.saturating_add(time), worker, request)));
    }

    fn time_of(&mut self, worker: usize, target: u16) -> u32 {
        let held = &mut self.held[worker];
        let known = held.iter().position(|one| *one == target);
        if let Some(place) = known {
            held.remove(place);
        }
        held.push(target);
        let spare = held.len().saturating_sub(self.means.kept);
        held.drain(..spare);
        // Some images have three times as many packages as others.
        let build = self
            .rng
            .u32(self.means.build / 2..=self.means.build * 3 / 2);
        if known.is_some() {
            return build;
        }
        self.outcome.obtained += 1;
        build + self.means.imagebuilder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Ask;

    fn day(workers: usize, asks: &[(u32, u32)]) -> Outcome {
        let asks = asks.iter().map(|(at, request)| Ask {
            at: *at,
            request: *request,
        });
        let world = World {
            asks: asks.collect(),
            targets: vec![0, 1, 0],
        };
        let means = Means {
            workers,
            build: 1000,
            imagebuilder: 500,
            kept: 1,
        };
        live(&world, means, 1)
    }

    #[test]
    fn who_asks_the_same_waits_for_the_same_build() {
        let outcome = day(1, &[(0, 0), (100, 0), (9000, 0)]);
        let [none, shorter, longer] = outcome.waits[..] else {
            panic!("three asked")
        };
        assert_eq!((none, longer - shorter), (0, 100));
        assert_eq!((outcome.most_waiting, outcome.obtained), (2, 1));
    }

    #[test]
    fn a_worker_takes_first_what_it_is_prepared_for() {
        let outcome = day(1, &[(0, 0), (1, 1), (2, 2)]);
        assert_eq!((outcome.longest_queue, outcome.obtained), (2, 2));
    }

    #[test]
    fn more_workers_wait_less() {
        let asks = [(0, 0), (1, 1), (2, 2)];
        assert!(day(3, &asks).within(1.0) < day(1, &asks).within(1.0));
    }
}
