//! The Wasm module as the compiler leaves it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian_rust;
use crate::run::{output, root, run, target};
use crate::setup::{DEBIAN_RUST, debian};

/// The target triple of a browser.
const TRIPLE: &str = "wasm32-unknown-unknown";
/// The Cargo package of the module.
const PACKAGE: &str = "asu-view-dom";
/// The Cargo profile the module is built with.
const PROFILE: &str = "wasm";
/// A panic traps at once, without words: the code that would print it is a fifth of the module,
/// and `luci-wasm/host/asu.js` says on the page what happened.
const FLAGS: &str =
    "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// Compiles it by Debian's Rust, which builds the standard library for size, and without panics.
pub(super) fn compile() -> anyhow::Result<PathBuf> {
    debian(&DEBIAN_RUST)?;
    let mut command = debian_rust::cargo(&root(), &["build", "--locked", "--package", PACKAGE]);
    command
        .args(["--target", TRIPLE, "--profile", PROFILE])
        .arg("-Zbuild-std=std,panic_abort")
        .arg("-Zbuild-std-features=optimize_for_size")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
    run(&mut command)?;
    Ok(target()
        .join(TRIPLE)
        .join(PROFILE)
        .join("asu_view_dom.wasm"))
}

/// The linker of the Rust that runs us, or Debian's.
fn linker() -> anyhow::Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let bundled = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    Ok(if bundled.exists() {
        bundled
    } else {
        "/usr/bin/wasm-ld".into()
    })
}
