//! `cargo xtask`: every command a person types in this repository.
//!
//! Each command first sees to what it needs, says what it installs, and says why something is
//! missing when it may not install it.

mod bench;
mod build;
mod chaos;
mod check;
mod contract;
mod debian_rust;
mod demo;
mod fuzz;
mod npm;
mod plugins;
mod run;
mod setup;
mod size;
mod wasm;
mod words;

use clap::{Parser, Subcommand};

/// Build, try and check Attended Sysupgrade.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what building and testing need, and nothing else.
    Setup,
    /// Build everything the demo and the tests start.
    Build,
    /// Start mirror, server and a virtual router to click through; Ctrl-C ends it.
    Demo {
        /// Upgrade the router in a headless browser, print one line of JSON and end.
        #[arg(long)]
        once: bool,
    },
    /// Run every check and test, as CI does.
    Test {
        /// Leave out the journeys in a browser, and asking the server whatever its document allows.
        #[arg(long)]
        quick: bool,
    },
    /// Ask the server whatever its OpenAPI document allows, with schemathesis.
    Contract,
    /// Kill, pause and cut off servers and workers while clients ask for images; fail if any is lost,
    /// made twice or not what it was said to be.
    Chaos(chaos::Options),
    /// Build the rpcd plugins: for this machine, or for routers.
    Plugins(plugins::Options),
    /// Ask the plugins for big-endian MIPS the same as those for x86-64, under QEMU.
    Emulate,
    /// Give the plugins and the server made-up bytes to read; needs nightly Rust and cargo-fuzz.
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Build the page with its Wasm module.
    Wasm,
    /// Bring the catalogues of translations up to date with the sources.
    Words {
        /// Change nothing, and fail if something is not up to date or not translated.
        #[arg(long)]
        check: bool,
    },
    /// Print the sizes of what a router carries, and fail if one is over its budget.
    Size,
    /// Measure times and memory in release mode, and fail if one is over its budget.
    Bench {
        /// What is measured.
        subject: bench::Subject,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Take the pictures in docs/screenshots anew.
    Screenshots,
}

fn main() -> std::process::ExitCode {
    match dispatch(&Args::parse().command) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Setup => setup::everything(),
        Command::Build => build::everything(),
        Command::Demo { once } => demo::demo(*once),
        Command::Test { quick } => check::test(*quick),
        Command::Contract => contract::contract(),
        Command::Chaos(options) => chaos::chaos(options),
        Command::Plugins(options) => plugins::plugins(options),
        Command::Emulate => plugins::emulate(),
        Command::Fuzz { seconds } => fuzz::fuzz(*seconds),
        Command::Wasm => wasm::page().map(drop),
        Command::Words { check } => words::words(*check),
        Command::Size => size::size(),
        Command::Bench { subject, json } => bench::bench(*subject, *json),
        Command::Screenshots => demo::screenshots(),
    }
}
