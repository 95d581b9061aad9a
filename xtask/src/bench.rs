//! Times and memory, held against the committed budget.

use crate::run::{cargo_in, root, run};

/// What is measured.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Subject {
    /// Reading package indexes and planning with them; 10,000 packages, 250 installed.
    Planner,
}

/// Measures, prints the figures, and fails if one is over its budget (bench-budget.json).
pub(crate) fn bench(subject: Subject, json: bool) -> anyhow::Result<()> {
    let package = match subject {
        Subject::Planner => ["--package", "asu-planner", "--bench", "planner"],
    };
    let mut command = cargo_in(&root(), &["bench", "--locked"]);
    command.args(package);
    if json {
        command.args(["--", "--json"]);
    }
    run(&mut command)
}
