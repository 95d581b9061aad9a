//! Every check and test, in the order in which failures are cheapest.

use std::process::Command;

use crate::build;
use crate::run::{cargo_in, root, run};
use crate::{contract, plugins, setup, size, words};

/// Runs all checks and tests; without the journeys and the contract when `quick`.
pub(crate) fn test(quick: bool) -> anyhow::Result<()> {
    setup::debian(&setup::ALL)?;
    setup::debian(&setup::POSTGRES)?;
    format_and_lints()?;
    words::words(true)?;
    build::everything()?;
    units()?;
    size::size()?;
    plugins::check(quick)?;
    plugins::emulate()?;
    dependencies()?;
    if !quick {
        contract::contract()?;
        journeys()?;
    }
    Ok(())
}

fn format_and_lints() -> anyhow::Result<()> {
    let components = Command::new("cargo").args(["clippy", "--version"]).output();
    if !components.is_ok_and(|output| output.status.success()) {
        run(Command::new("rustup").args(["component", "add", "clippy", "rustfmt"]))?;
    }
    run(&mut cargo_in(&root(), &["fmt", "--all", "--check"]))?;
    run(&mut build::plugins_cargo(&["fmt", "--all", "--check"]))?;
    let deny = ["--", "--deny", "warnings"];
    run(cargo_in(
        &root(),
        &["clippy", "--locked", "--workspace", "--all-targets"],
    )
    .args(deny))?;
    run(build::plugins_cargo(&["clippy", "--locked", "--workspace", "--all-targets"]).args(deny))
}

fn units() -> anyhow::Result<()> {
    run(&mut build::plugins_cargo(&[
        "test",
        "--locked",
        "--workspace",
    ]))?;
    run(&mut cargo_in(
        &root(),
        &[
            "test",
            "--locked",
            "--workspace",
            "--exclude",
            "asu-test-e2e",
        ],
    ))
}

fn journeys() -> anyhow::Result<()> {
    let mut command = cargo_in(
        &root(),
        &[
            "test",
            "--locked",
            "--package",
            "asu-test-e2e",
            "--test",
            "journeys",
        ],
    );
    // Each journey runs a server, a router and a browser: more than two at once only slow each other.
    run(command.args(["--", "--test-threads", "2"]))
}

/// Licences, sources and duplicate versions of what we depend on.
///
/// Compiling cargo-deny takes minutes, so it runs where somebody has installed it.
fn dependencies() -> anyhow::Result<()> {
    if Command::new("cargo-deny")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!(
            "Left out: cargo deny (not installed; `cargo install --locked cargo-deny` brings it)"
        );
        return Ok(());
    }
    run(&mut cargo_in(
        &root(),
        &["deny", "check", "bans", "licenses", "sources"],
    ))
}
