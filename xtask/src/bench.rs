//! Times and memory, held against the committed budget.

use crate::build;
use crate::run::{cargo_in, root, run};
use crate::setup;

/// What is measured.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Subject {
    /// Reading package indexes and planning with them; 10,000 packages, 250 installed.
    Planner,
    /// The server's answers under load by wrk, beside nginx.
    Api,
    /// A build by the server, beside the ImageBuilder alone; two builds at once.
    Builder,
    /// How soon a browser shows the page, throttled to 1 MB/s and a processor four times slower.
    View,
    /// Jobs claimed and ended a second, and how long a claim takes, with 100,000 waiting.
    Queue,
    /// How many workers the day of a release takes, by simulation; writes docs/release-day.md and its plot.
    ReleaseDay,
    /// What a request costs with up to a million finished jobs; writes docs/scale.md and its plot.
    Scale,
}

/// Measures, prints the figures, and fails if one is over its budget (bench-budget.json).
pub(crate) fn bench(subject: Subject, json: bool) -> anyhow::Result<()> {
    let package = match subject {
        Subject::ReleaseDay => return release_day(),
        Subject::Planner => ["--package", "asu-planner", "--bench", "planner"],
        Subject::Api => {
            prepare_api()?;
            ["--package", "asu-test-e2e", "--bench", "api"]
        }
        Subject::Builder => {
            prepare()?;
            ["--package", "asu-test-e2e", "--bench", "builder"]
        }
        Subject::View => {
            build::everything()?;
            ["--package", "asu-test-e2e", "--bench", "view"]
        }
        Subject::Queue | Subject::Scale => {
            setup::debian(&setup::POSTGRES)?;
            ["--package", "asu-store", "--bench", "store"]
        }
    };
    let mut command = cargo_in(&root(), &["bench", "--locked"]);
    if matches!(subject, Subject::View) {
        // The browser and the page are measured, not the programs that serve it.
        command.args(["--profile", "dev"]);
    }
    // More than the bench asks for at once; by default the queue is shorter.
    command.args(package).env("ASU_MAX_PENDING", "20000");
    command.arg("--").args(chapter(subject));
    if json {
        command.arg("--json");
    }
    run(&mut command)
}

/// A simulation: nothing of the machine it runs on is in its figures.
fn release_day() -> anyhow::Result<()> {
    let package = ["--package", "asu-test-release-day"];
    run(cargo_in(&root(), &["run", "--locked", "--release"]).args(package))
}

/// Which of a program's measurements it is, where it has several.
fn chapter(subject: Subject) -> Option<&'static str> {
    match subject {
        Subject::Queue => Some("queue"),
        Subject::Scale => Some("scale"),
        _ => None,
    }
}

fn prepare_api() -> anyhow::Result<()> {
    setup::debian(&setup::LOAD)?;
    prepare()
}

/// The programs that a stage consists of, as fast as users have them.
fn prepare() -> anyhow::Result<()> {
    setup::debian(&setup::ALL)?;
    let programs = ["asu-server", "asu-test-upstream"];
    let mut command = cargo_in(&root(), &["build", "--locked", "--release"]);
    run(command.args(programs.iter().flat_map(|package| ["--package", package])))
}
