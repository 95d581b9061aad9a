//! The demo and the pictures for the documentation.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::build;
use crate::run::{cargo_in, root, run, target};

/// Builds everything and becomes the demo.
pub(crate) fn demo(once: bool) -> anyhow::Result<()> {
    build::everything()?;
    let mut command = Command::new(target().join("debug/asu-demo"));
    if once {
        command.arg("--once");
    }
    // Replaced, not spawned: Ctrl-C and the exit status are the demo's own.
    Err(command.exec().into())
}

/// Takes the pictures of `docs/screenshots` anew.
pub(crate) fn screenshots() -> anyhow::Result<()> {
    build::everything()?;
    let folder = root().join("docs/screenshots");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut command = cargo_in(
        &root(),
        &["test", "--package", "asu-test-e2e", "--test", "journeys"],
    );
    run(command
        .args([
            "--",
            "keep_settings",
            "failing_build",
            "missing_package",
            "same_release",
            "faults",
        ])
        .env("ASU_SCREENSHOTS", folder))
}
