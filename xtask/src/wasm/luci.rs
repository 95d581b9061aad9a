//! What LuCI's package installs, in `target/luci`: `htdocs` goes to `/www`, `root` to `/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::npm::tool;
use crate::run::{root, run_quietly, target};

/// Where LuCI looks for the module.
const MODULE: &str = "htdocs/luci-static/resources/attendedsysupgrade";

/// Lays the package out, with the module's files from `www`.
pub(super) fn package(www: &Path) -> anyhow::Result<()> {
    let into = target().join("luci");
    if into.exists() {
        fs::remove_dir_all(&into)?;
    }
    copy(&root().join("luci-wasm/luci"), &into)?;
    for name in ["asu.js", "asu.wasm", "asu.wasm.gz"] {
        fs::copy(www.join(name), into.join(MODULE).join(name))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no folder {}", from.display()))? {
        let (entry, place) = (entry?.path(), to);
        let place = place.join(entry.file_name().context("a file without a name")?);
        if entry.is_dir() {
            copy(&entry, &place)?;
        } else if entry
            .extension()
            .is_some_and(|kind| kind == "js" || kind == "css")
        {
            minify(&entry, &place)?;
        } else {
            fs::copy(&entry, &place)?;
        }
    }
    Ok(())
}

/// LuCI's own jsmin leaves names and style sheets as they are. What it reads from a view, the
/// strings at its top and its last `return`, esbuild keeps.
pub(super) fn minify(from: &Path, to: &Path) -> anyhow::Result<()> {
    run_quietly(
        Command::new(tool("esbuild")?)
            .arg(from)
            .args([
                "--minify",
                "--target=es2022",
                "--charset=utf8",
                "--log-level=warning",
            ])
            .arg(format!("--outfile={}", to.display())),
    )
}
