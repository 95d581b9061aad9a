//! Who asks for what, and when: drawn from a seed.
//!
//! Nobody publishes how routers and their packages are distributed. The shapes are the usual ones of
//! popularity (Zipf); the numbers are said here, and the page that is written says them again.

use std::collections::HashMap;

use fastrand::Rng;

/// Milliseconds of a day.
pub(crate) const DAY: u32 = 24 * HOUR;
pub(crate) const HOUR: u32 = 3_600_000;
/// Profiles that people have: the five targets of 24.10.8 in upstream's own lists have 782.
pub(crate) const DEVICES: usize = 1800;
/// Targets: upstream's list of 23.05.5 has 75.
pub(crate) const TARGETS: usize = 75;
/// Packages that people add: those with a service or a page of their own.
pub(crate) const EXTRAS: usize = 400;
/// Who adds any package adds so many, on average.
pub(crate) const MEAN_EXTRAS: f64 = 3.0;
/// How long the first rush takes to fall to a third, hours.
pub(crate) const RUSH: f64 = 5.0;

/// How much routers are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sharing {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The part of routers that have no other packages than a fresh image with LuCI.
    pub(crate) plain: f64,
    /// The part whose image has a first-boot script or a list like nobody else's.
    pub(crate) unique: f64,
}

/// As the page's first table has it, and on either side of it.
pub(crate) const SHARINGS: [Sharing; 3] = [
    Sharing {
        name: "much",
        plain: 0.6,
        unique: 0.05,
    },
    Sharing {
        name: "some",
        plain: 0.35,
        unique: 0.1,
    },
    Sharing {
        name: "none",
        plain: 0.0,
        unique: 1.0,
    },
];

/// A router asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// Milliseconds after the release.
    pub(crate) at: u32,
    /// Which request: the same number is the same image.
    pub(crate) request: u32,
}

/// A day's questions, in their order.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) asks: Vec<Ask>,
    /// The target of each request.
    pub(crate) targets: Vec<u16>,
}

/// What is chosen more often the lower its number: the n-th with a weight of 1/n.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: usize) -> Self {
        let mut sum = 0.0;
        let weights = (1..=count).map(|rank| {
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let weight = 1.0 / rank as f64;
            sum += weight;
            sum
        });
        Self(weights.collect())
    }

    fn draw(&self, rng: &mut Rng) -> u16 {
        let point = rng.f64() * self.0.last().copied().unwrap_or_default();
        let found = self.0.partition_point(|sum| *sum <= point);
        u16::try_from(found).unwrap_or(u16::MAX)
    }
}

/// Whoever has the same device and the same packages asks for the same image.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    device: u16,
    extras: Vec<u16>,
}

impl World {
    /// As many routers as said, within the first day of a release.
    pub(crate) fn new(seed: u64, routers: usize, sharing: Sharing) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (devices, targets) = (Zipf::new(DEVICES), Zipf::new(TARGETS));
        let packages = Zipf::new(EXTRAS);
        let target_of: Vec<u16> = (0..DEVICES).map(|_| targets.draw(&mut rng)).collect();
        let (mut known, mut made) = (HashMap::new(), Vec::new());
        let mut asks = Vec::with_capacity(routers);
        for _ in 0..routers {
            let device = devices.draw(&mut rng);
            let mut new = || {
                made.push(target_of[usize::from(device)]);
                u32::try_from(made.len() - 1).unwrap_or(u32::MAX)
            };
            let kind = rng.f64();
            let request = if kind < sharing.unique {
                new()
            } else {
                let extras = if kind < sharing.unique + sharing.plain {
                    Vec::new()
                } else {
                    extras(&packages, &mut rng)
                };
                *known.entry(Identity { device, extras }).or_insert_with(new)
            };
            let at = time(&mut rng);
            asks.push(Ask { at, request });
        }
        asks.sort_by_key(|ask| ask.at);
        Self {
            asks,
            targets: made,
        }
    }

    /// The part of questions that somebody else asks, too, and sooner.
    pub(crate) fn shared(&self) -> f64 {
        1.0 - ratio(self.targets.len(), self.asks.len())
    }

    /// Most questions within one hour.
    pub(crate) fn busiest_hour(&self) -> usize {
        let mut most = 0;
        let mut first = 0;
        for (last, ask) in self.asks.iter().enumerate() {
            while ask.at - self.asks[first].at > HOUR {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}

/// At least one package, each further one a little less likely.
fn extras(packages: &Zipf, rng: &mut Rng) -> Vec<u16> {
    let mut chosen = vec![packages.draw(rng)];
    while rng.f64() < 1.0 - 1.0 / MEAN_EXTRAS {
        chosen.push(packages.draw(rng));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// When one router asks: most soon after the release, in waves of day and night.
fn time(rng: &mut Rng) -> u32 {
    loop {
        let at = rng.u32(..DAY);
        if rng.f64() < eagerness(f64::from(at) / f64::from(HOUR)) {
            return at;
        }
    }
}

/// How likely somebody asks so many hours after the release, of 1 at most. It is announced in the
/// afternoon of where most routers are; four hours later most people are at home.
pub(crate) fn eagerness(hours: f64) -> f64 {
    let rush = 0.3 + (-hours / RUSH).exp();
    let wave = 1.0 + 0.5 * ((hours - 4.0) / 24.0 * std::f64::consts::TAU).cos();
    rush * wave / 1.95
}

/// `part` of `whole`.
#[expect(clippy::cast_precision_loss, reason = "these are thousands")]
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_day() {
        let day = |seed| {
            World::new(seed, 1000, SHARINGS[1])
                .asks
                .iter()
                .map(|ask| u64::from(ask.at))
                .sum::<u64>()
        };
        assert_eq!(day(1), day(1));
        assert_ne!(day(1), day(2));
    }

    #[test]
    fn eagerness_is_a_probability() {
        for minute in 0..24 * 60 {
            let eagerness = eagerness(f64::from(minute) / 60.0);
            assert!((0.0..=1.0).contains(&eagerness), "{minute}: {eagerness}");
        }
    }

    #[test]
    fn who_is_alike_shares() {
        let shared = |sharing| World::new(1, 20_000, sharing).shared();
        let [much, some, none] = SHARINGS.map(shared);
        assert!(much > some && some > none && none.abs() < f64::EPSILON);
    }
}
