//! Building the parts the demo and the tests start.

use crate::run::{cargo_in, root, run};
use crate::{setup, wasm};

/// Everything: programs, plugins and the page.
pub(crate) fn everything() -> anyhow::Result<()> {
    setup::debian(&setup::ALL)?;
    programs()?;
    plugins()?;
    wasm::page().map(drop)
}

fn programs() -> anyhow::Result<()> {
    let packages = [
        "asu-server",
        "asu-test-upstream",
        "asu-test-router",
        "asu-test-e2e",
    ];
    let mut command = cargo_in(&root(), &["build", "--locked"]);
    run(command.args(packages.iter().flat_map(|package| ["--package", package])))
}

/// The rpcd plugins for this machine, in `rpcd-plugins/target/release`.
pub(crate) fn plugins() -> anyhow::Result<()> {
    run(&mut plugins_cargo(&["build", "--release", "--locked"]))
}

/// A Cargo command in the plugins' own workspace.
pub(crate) fn plugins_cargo(args: &[&str]) -> std::process::Command {
    let mut command = cargo_in(&root().join("rpcd-plugins"), args);
    // Its results are looked for in its own folder, wherever the outer workspace builds.
    command.env_remove("CARGO_TARGET_DIR");
    command
}
