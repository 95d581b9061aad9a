//! `cargo xtask bench release-day`: a hundred thousand routers want an image on the day of a release.
//!
//! It is a simulation: builds and routers are numbers. What a build and an answer cost is measured
//! elsewhere or assumed, and said on the page that is written, `docs/release-day.md`. The same seed gives
//! the same page.

mod day;
mod page;
mod plot;
mod strain;
mod world;

use clap::Parser;

use day::{Means, Outcome, live};
use world::{SHARINGS, Sharing, World};

/// How long the last router may wait, milliseconds.
pub(crate) const LIMIT: u32 = 600_000;
/// More workers than this are not looked at.
const MOST_WORKERS: usize = 4096;
/// Obtaining an ImageBuilder: some 200 MB to download, and to unpack.
const IMAGEBUILDER: u32 = 40_000;
/// How many of them fit into 20 GB, a worker's default.
const KEPT: usize = 16;
/// Seconds of a build, for the plot and the table of how many workers it takes.
pub(crate) const BUILDS: [u32; 5] = [5, 15, 30, 45, 60];

/// Simulate the day of a release, and write docs/release-day.md and its plot.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench release-day")]
struct Args {
    /// How many routers ask within 24 hours.
    #[arg(long, default_value_t = 100_000)]
    routers: usize,
    /// How long one build takes on one core, seconds.
    #[arg(long, default_value_t = 45)]
    build_seconds: u32,
    /// What decides who asks for what, and when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// All that the page tells.
pub(crate) struct Findings {
    pub(crate) routers: usize,
    pub(crate) seed: u64,
    /// Seconds of a build.
    pub(crate) build: u32,
    /// With how much of sharing the first table is.
    pub(crate) sharing: Sharing,
    pub(crate) world: World,
    /// The day with so many workers.
    pub(crate) days: Vec<(usize, Outcome)>,
    /// The fewest workers with which nobody waits longer than the limit, and their day.
    pub(crate) fewest: (usize, Outcome),
    /// The fewest of each of [`BUILDS`], with each of [`SHARINGS`].
    pub(crate) needed: Vec<(u32, [usize; 3])>,
    /// The part of questions that are shared, of each of [`SHARINGS`].
    pub(crate) shared: [f64; 3],
    /// The longest wait over the number of workers, for each of [`BUILDS`].
    pub(crate) lines: Vec<(u32, Vec<(usize, u32)>)>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let findings = find(&args);
    plot::draw(&findings)?;
    page::write(&findings)?;
    let (workers, outcome) = &findings.fewest;
    println!(
        "workers={workers} build_seconds={} wait_p99_seconds={} longest_queue={}",
        args.build_seconds,
        outcome.within(0.99) / 1000,
        outcome.longest_queue
    );
    Ok(())
}

fn find(args: &Args) -> Findings {
    let seed = args.seed;
    let worlds = SHARINGS.map(|sharing| World::new(seed, args.routers, sharing));
    let sharing = SHARINGS[1];
    let fewest = |world: &World, build| fewest(world, build, seed);
    let [_, some, _] = &worlds;
    let enough = fewest(some, args.build_seconds);
    let day = |workers| {
        (
            workers,
            live(some, means(workers, args.build_seconds), seed),
        )
    };
    let parts = [25, 50, 75, 90, 100, 125].map(|percent| enough * percent / 100);
    let needed = BUILDS.map(|build| (build, worlds.each_ref().map(|world| fewest(world, build))));
    let lines = needed.map(|(build, [_, enough, _])| (build, line(some, build, enough, seed)));
    Findings {
        routers: args.routers,
        seed,
        build: args.build_seconds,
        sharing,
        days: parts.into_iter().map(day).collect(),
        fewest: day(enough),
        needed: needed.to_vec(),
        shared: worlds.each_ref().map(World::shared),
        lines: lines.to_vec(),
        world: {
            let [_, some, _] = worlds;
            some
        },
    }
}

fn means(workers: usize, build: u32) -> Means {
    Means {
        workers,
        build: build * 1000,
        imagebuilder: IMAGEBUILDER,
        kept: KEPT,
    }
}

/// The fewest workers with which nobody waits longer than the limit.
fn fewest(world: &World, build: u32, seed: u64) -> usize {
    let is_enough = |workers| live(world, means(workers, build), seed).within(1.0) <= LIMIT;
    let (mut few, mut many) = (0, MOST_WORKERS);
    while many - few > 1 {
        let middle = few.midpoint(many);
        if is_enough(middle) {
            many = middle;
        } else {
            few = middle;
        }
    }
    many
}

/// The longest wait with fewer and with more workers than are enough.
fn line(world: &World, build: u32, enough: usize, seed: u64) -> Vec<(usize, u32)> {
    let mut workers: Vec<usize> = (3..=14)
        .map(|tenths| (enough * tenths / 10).max(1))
        .collect();
    workers.dedup();
    let longest = |workers| live(world, means(workers, build), seed).within(1.0);
    workers
        .into_iter()
        .map(|workers| (workers, longest(workers)))
        .collect()
}
