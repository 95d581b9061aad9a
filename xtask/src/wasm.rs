//! The page: the Wasm module, its JavaScript glue and the files around it, in `target/www`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::debian_rust;
use crate::run::{cargo_in, output, root, run, target};
use crate::setup::{DEBIAN_RUST, debian};
use crate::words;

/// The target triple of a browser.
const TRIPLE: &str = "wasm32-unknown-unknown";
/// The Cargo package of the module.
const PACKAGE: &str = "asu-view-dom";
/// The Cargo profile the module is built with.
const PROFILE: &str = "wasm";

/// Builds the page and says where it lies.
pub(crate) fn page() -> anyhow::Result<PathBuf> {
    let module = compile()?;
    let www = target().join("www");
    if www.exists() {
        std::fs::remove_dir_all(&www)?;
    }
    std::fs::create_dir_all(&www)?;
    bind(&module, &www)?;

    copy_files(&root().join("luci-wasm/standalone"), &www)?;
    words::write_for_page(&www)?;
    Ok(www)
}

fn compile() -> anyhow::Result<PathBuf> {
    let mut command = rust_with_wasm()?;
    run(command.args([
        "--locked",
        "--package",
        PACKAGE,
        "--target",
        TRIPLE,
        "--profile",
        PROFILE,
    ]))?;
    Ok(target()
        .join(TRIPLE)
        .join(PROFILE)
        .join("asu_view_dom.wasm"))
}

/// `cargo build` with a Rust that can build for browsers: the installed one if it can, else with
/// the target rustup brings, else Debian's, which builds the standard library from its source.
fn rust_with_wasm() -> anyhow::Result<Command> {
    if has_wasm_target() {
        return Ok(cargo_in(&root(), &["build"]));
    }
    eprintln!("This Rust has no {TRIPLE} target; asking rustup for it");
    let added = Command::new("rustup")
        .args(["target", "add", TRIPLE])
        .status();
    if added.is_ok_and(|status| status.success()) && has_wasm_target() {
        return Ok(cargo_in(&root(), &["build"]));
    }
    eprintln!("rustup cannot bring it; using Debian's Rust, which builds its own standard library");
    debian(&DEBIAN_RUST)?;
    debian_rust()
}

fn has_wasm_target() -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", TRIPLE]))
        .is_ok_and(|folder| Path::new(&folder).exists())
}

fn debian_rust() -> anyhow::Result<Command> {
    let mut command = debian_rust::cargo(&root(), &["build", "-Zbuild-std=std,panic_abort"]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", wasm_linker()?);
    Ok(command)
}

fn wasm_linker() -> anyhow::Result<PathBuf> {
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

fn bind(module: &Path, www: &Path) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(module)
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(www)
        })
        .map_err(|error| anyhow!("wasm-bindgen could not make the glue: {error}"))
}

fn copy_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(from).with_context(|| format!("no page in {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
