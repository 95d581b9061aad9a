//! Killing servers and workers while clients ask for images.

use std::process::Command;

use crate::run::{cargo_in, root, run, target};
use crate::setup;

/// What is passed on to the program.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many different images are asked for, at least; the default is 500.
    #[arg(long)]
    requests: Option<u32>,
    /// For how many minutes at least.
    #[arg(long)]
    minutes: Option<u64>,
    /// What decides which trouble comes when; another one each time if it is not said.
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds the programs and runs it; fails if any request comes to harm.
pub(crate) fn chaos(options: &Options) -> anyhow::Result<()> {
    setup::debian(&setup::ALL)?;
    setup::debian(&setup::POSTGRES)?;
    let packages = ["asu-server", "asu-test-upstream", "asu-test-chaos"];
    let mut build = cargo_in(&root(), &["build", "--locked"]);
    run(build.args(packages.iter().flat_map(|package| ["--package", package])))?;
    let mut command = Command::new(target().join("debug/asu-chaos"));
    for (option, value) in [
        ("--requests", options.requests.map(u64::from)),
        ("--minutes", options.minutes),
        ("--seed", options.seed),
    ] {
        if let Some(value) = value {
            command.args([option, &value.to_string()]);
        }
    }
    run(&mut command)
}
