//! Tools that npm brings: `wasm-opt`, which no crate offers in this version, and esbuild.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::run::{root, run, target};
use crate::setup::{NPM, debian};

/// A program of the packages that `xtask/npm/package-lock.json` pins.
pub(super) fn tool(name: &str) -> anyhow::Result<PathBuf> {
    let folder = target().join("npm");
    install(&folder)?;
    Ok(folder.join("node_modules/.bin").join(name))
}

/// Brings the pinned packages into `folder`, unless they are there.
fn install(folder: &Path) -> anyhow::Result<()> {
    let wanted = root().join("xtask/npm");
    let lock = std::fs::read(wanted.join("package-lock.json"))?;
    // npm writes it last, so what it tells is there.
    let installed = folder.join("installed.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    debian(&NPM)?;
    eprintln!("Installing wasm-opt and esbuild into {}", folder.display());
    std::fs::create_dir_all(folder)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(wanted.join(file), folder.join(file))?;
    }
    run(Command::new("/usr/bin/npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(folder))
    .context("wasm-opt and esbuild come from npm; is the network there?")?;
    Ok(std::fs::write(installed, lock)?)
}
