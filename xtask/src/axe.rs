//! axe-core, whose rules of accessibility the journeys apply to every screen.

use std::process::Command;

use anyhow::Context;

use crate::run::{root, run, target};
use crate::setup::{NPM, debian};

/// Brings the version that `tests/e2e/axe/package-lock.json` pins into `target/axe`, unless it is
/// there.
pub(crate) fn bring() -> anyhow::Result<()> {
    let wanted = root().join("tests/e2e/axe");
    let folder = target().join("axe");
    let lock = std::fs::read(wanted.join("package-lock.json"))?;
    let installed = folder.join("installed.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    debian(&NPM)?;
    eprintln!("Installing axe-core into {}", folder.display());
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(wanted.join(file), folder.join(file))?;
    }
    let args = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ];
    run(Command::new("/usr/bin/npm").args(args).arg(&folder)).context(
        "axe-core comes from npm; is the network there? `cargo xtask test --quick` does without",
    )?;
    Ok(std::fs::write(installed, lock)?)
}
