//! Debian's Rust, which can build the standard library from its source for any target.

use std::path::Path;
use std::process::Command;

/// A Cargo command of Debian's Rust in `folder`.
pub(crate) fn cargo(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    command
        .current_dir(folder)
        // RUSTC_BOOTSTRAP allows a stable compiler to build the standard library.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        .env_remove("RUSTUP_TOOLCHAIN")
        .args(args);
    command
}
