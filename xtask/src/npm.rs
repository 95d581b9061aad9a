//! What npm brings: `wasm-opt`, which no crate offers in this version, esbuild, and axe-core, whose
//! rules of accessibility the journeys apply to every screen.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::run::{root, run, target};
use crate::setup::{NPM, debian};

/// A program of the packages that `xtask/npm/package-lock.json` pins.
pub(crate) fn tool(name: &str) -> anyhow::Result<PathBuf> {
    Ok(bring()?.join("node_modules/.bin").join(name))
}

/// Brings the pinned packages into `target/npm`, unless they are there, and says where that is.
pub(crate) fn bring() -> anyhow::Result<PathBuf> {
    let folder = target().join("npm");
    let wanted = root().join("xtask/npm");
    let lock = std::fs::read(wanted.join("package-lock.json"))?;
    // npm writes it last, so what it tells is there.
    let installed = folder.join("installed.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(folder);
    }
    debian(&NPM)?;
    eprintln!(
        "Installing wasm-opt, esbuild and axe-core into {}",
        folder.display()
    );
    std::fs::create_dir_all(&folder)?;
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
        .arg(&folder))
    .context("wasm-opt, esbuild and axe-core come from npm; is the network there?")?;
    std::fs::write(installed, lock)?;
    Ok(folder)
}
