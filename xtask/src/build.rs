//! Building the parts the demo and the tests start.

use anyhow::Context;

use crate::run::{cargo_in, root, run, target};
use crate::{setup, wasm};

/// The plugins, by the name of their ubus object.
const PLUGINS: [&str; 2] = ["packagelist", "attendedsysupgrade"];

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

/// The rpcd plugins for this machine, in `target/plugins`: a folder that holds nothing else,
/// because rpcd loads every file it finds.
pub(crate) fn plugins() -> anyhow::Result<()> {
    run(&mut plugins_cargo(&["build", "--release", "--locked"]))?;
    let folder = target().join("plugins");
    std::fs::create_dir_all(&folder)?;
    for plugin in PLUGINS {
        let name = format!("librpcd_mod_{plugin}.so");
        let built = root().join("rpcd-plugins/target/release").join(name);
        std::fs::copy(&built, folder.join(format!("{plugin}.so")))
            .with_context(|| format!("{} was not built", built.display()))?;
    }
    Ok(())
}

/// A Cargo command in the plugins' own workspace.
pub(crate) fn plugins_cargo(args: &[&str]) -> std::process::Command {
    let mut command = cargo_in(&root().join("rpcd-plugins"), args);
    // Its results are looked for in its own folder, wherever the outer workspace builds.
    command.env_remove("CARGO_TARGET_DIR");
    command
}
