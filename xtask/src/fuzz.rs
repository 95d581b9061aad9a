//! Bytes a machine makes up, given to what the plugins and the server read from elsewhere.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::run::{cargo_in, output, root, run, target};

/// Folders, and the targets in each.
const TARGETS: [(&str, &[&str]); 2] = [
    ("rpcd-plugins/fuzz", &["arguments", "apk", "opkg", "world"]),
    (
        "server/fuzz",
        &[
            "opkg_packages",
            "adb",
            "apk_package",
            "versions",
            "index_json",
            "usign",
            "fwtool",
        ],
    ),
];

/// Runs every target for `seconds`, starting from the committed corpus.
///
/// New inputs go to `target/fuzz`, so that the committed corpus stays small.
pub(crate) fn fuzz(seconds: u32) -> anyhow::Result<()> {
    tools()?;
    for (folder, names) in TARGETS {
        for name in names {
            fuzz_one(&root().join(folder), name, seconds)?;
        }
    }
    Ok(())
}

fn fuzz_one(fuzz: &Path, name: &str, seconds: u32) -> anyhow::Result<()> {
    let found = target().join("fuzz").join(name);
    std::fs::create_dir_all(&found)?;
    let mut command = cargo_in(fuzz, &["fuzz", "run", "--fuzz-dir", ".", name]);
    // The compiler is nightly's, whichever Cargo runs us.
    for variable in ["CARGO_TARGET_DIR", "CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
        .arg(found)
        .arg(fuzz.join("corpus").join(name))
        .args(["--", &format!("-max_total_time={seconds}")])
        .env("RUSTUP_TOOLCHAIN", "nightly");
    run(&mut command)
}

/// Whether fuzzing is possible here; says how it becomes so if not.
fn tools() -> anyhow::Result<()> {
    let nightly = output(Command::new("rustc").args(["+nightly", "--version"]));
    let cargo_fuzz = output(Command::new("cargo-fuzz").arg("--version"));
    let compiler = output(Command::new("c++").arg("--version"));
    let missing: Vec<&str> = [
        (nightly.is_err(), "rustup toolchain install nightly"),
        (cargo_fuzz.is_err(), "cargo install --locked cargo-fuzz"),
        (compiler.is_err(), "sudo apt-get install g++"),
    ]
    .into_iter()
    .filter_map(|(missing, command)| missing.then_some(command))
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "fuzzing needs more than the rest of this repository; please run\n{}",
        missing.join("\n")
    );
}
