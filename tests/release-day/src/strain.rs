//! What the day asks of everything but the workers, and how much of it there is.

use crate::Findings;
use crate::world::ratio;

/// What an answer to `POST /api/v1/build` and to a look at it costs the server, milliseconds of CPU:
/// measured by `cargo xtask bench api` on the two cores of the machine that builds this.
pub(crate) const POST: f64 = 0.040;
pub(crate) const GET: f64 = 0.027;
/// How often clients look, seconds: LuCI does so every five.
pub(crate) const POLL: f64 = 5.0;
/// An image that is downloaded, MB.
pub(crate) const IMAGE: f64 = 12.0;
/// All that a build leaves in the store, MB: for some devices there are several images.
pub(crate) const STORED: f64 = 25.0;
/// What an ImageBuilder is packed, MB.
pub(crate) const ARCHIVE: f64 = 200.0;

/// One thing that may become too little.
pub(crate) struct Strain {
    pub(crate) what: &'static str,
    pub(crate) load: f64,
    pub(crate) limit: f64,
    pub(crate) unit: &'static str,
    /// Whose limit it is.
    pub(crate) of: &'static str,
    pub(crate) remedy: &'static str,
}

impl Strain {
    /// How many times as much is asked for as there is.
    pub(crate) fn part(&self) -> f64 {
        self.load / self.limit
    }
}

/// Everything, what breaks first before the others.
pub(crate) fn strains(findings: &Findings) -> Vec<Strain> {
    let (workers, outcome) = &findings.fewest;
    let count = |count: usize| ratio(count, 1);
    let asked = count(findings.world.busiest_hour()) / 3600.0;
    let built = asked * (1.0 - findings.world.shared());
    let waiting = count(outcome.most_waiting);
    let mut strains = vec![
        Strain {
            what: "cores that build",
            load: count(*workers),
            limit: 4.0,
            unit: "",
            of: "the machine ASU's operators advise",
            remedy: "[workers](workers.md) on other machines",
        },
        Strain {
            what: "builds that wait",
            load: count(outcome.longest_queue),
            limit: 200.0,
            unit: "",
            of: "`--max-pending`",
            remedy: "raise it: a place in the queue is a row in a table",
        },
        Strain {
            what: "images on disk",
            load: count(findings.world.targets.len()) * STORED / 1000.0,
            limit: 200.0,
            unit: "GB",
            of: "the machine ASU's operators advise",
            remedy: "a [bucket](operation.md#images-in-a-bucket); `--keep-versioned 24h`, `--keep-unversioned 12h`",
        },
        Strain {
            what: "clients that wait, each with a connection open",
            load: waiting,
            limit: 1024.0,
            unit: "",
            of: "`--connections`",
            remedy: "a web server before it, which keeps connections for it; or raise it",
        },
        Strain {
            what: "downloads and uploads",
            load: (asked * IMAGE + built * STORED) * 8.0,
            limit: 1000.0,
            unit: "Mbit/s",
            of: "a line of 1 Gbit/s",
            remedy: "`--serve-images signed`, or a CDN",
        },
        Strain {
            what: "answers to questions and looks",
            load: (asked * POST + waiting / POLL * GET) / 1000.0,
            limit: 1.0,
            unit: "cores",
            of: "one core",
            remedy: "[several servers](operation.md#several-servers)",
        },
        Strain {
            what: "jobs claimed",
            load: built,
            limit: 1000.0,
            unit: "a second",
            of: "the goal for SQLite",
            remedy: "PostgreSQL",
        },
    ];
    strains.sort_by(|one, other| other.part().total_cmp(&one.part()));
    strains
}
