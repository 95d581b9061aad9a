//! Asking the server what its OpenAPI document allows, with schemathesis.

use std::process::Command;

use anyhow::Context;

use crate::run::{cargo_in, root, run, target};
use crate::setup;

/// Brings schemathesis and lets it ask a server with the mirror of `tests/upstream`.
pub(crate) fn contract() -> anyhow::Result<()> {
    install()?;
    let packages = ["asu-server", "asu-test-upstream"];
    let mut build = cargo_in(&root(), &["build", "--locked"]);
    run(build.args(packages.iter().flat_map(|package| ["--package", package])))?;
    run(&mut cargo_in(
        &root(),
        &[
            "test",
            "--locked",
            "--package",
            "asu-test-e2e",
            "--test",
            "contract",
        ],
    ))
}

/// Installs the versions that `requirements.txt` names into `target/schemathesis`, unless they are
/// there.
fn install() -> anyhow::Result<()> {
    let wanted = root().join("tests/e2e/contract/requirements.txt");
    let folder = target().join("schemathesis");
    let installed = folder.join("requirements.txt");
    let text =
        std::fs::read(&wanted).with_context(|| format!("{} cannot be read", wanted.display()))?;
    if std::fs::read(&installed).is_ok_and(|old| old == text) {
        return Ok(());
    }
    setup::debian(&setup::PYTHON)?;
    eprintln!("Installing schemathesis into {}", folder.display());
    run(Command::new("/usr/bin/python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    run(Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
        .arg(&wanted))
    .context("schemathesis comes from PyPI; is the network there? `cargo xtask test --quick` does without")?;
    Ok(std::fs::write(installed, text)?)
}
