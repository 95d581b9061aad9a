//! Sizes of what a router carries, held against the committed budget.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::run::{root, target};
use crate::{build, wasm};

/// The file that says how many bytes each may have.
const BUDGET: &str = "size-budget.json";
/// What LuCI's page has to fit into one day, bytes on the wire.
const GOAL: u64 = 36 * 1024;
/// The name in the budget of all that a browser loads for LuCI's page.
const WIRE: &str = "LuCI on the wire";

/// Builds what is measured, prints the tables, and fails if something is over its budget.
pub(crate) fn size() -> anyhow::Result<()> {
    if !target().join("luci").exists() {
        wasm::page()?;
    }
    build::plugins()?;
    let budget = std::fs::read(root().join(BUDGET)).with_context(|| format!("no {BUDGET}"))?;
    let mut budget: BTreeMap<String, u64> = serde_json::from_slice(&budget)?;
    let wire_limit = budget.remove(WIRE).context("no budget for LuCI's page")?;
    let mut over = Vec::new();
    print_row("file", "bytes", "gzip", "budget");
    for (file, limit) in &budget {
        let (bytes, gzip) = measure(&root().join(file))?;
        print_row(file, bytes, gzip, limit);
        over.extend(excess(file, bytes, *limit));
    }
    let wire = luci()?;
    over.extend(excess(WIRE, wire, wire_limit));
    println!("budget {wire_limit}, to be reached {GOAL}");
    if !over.is_empty() {
        bail!(
            "{}\nMake it smaller, or raise {BUDGET} and say why.",
            over.join("\n")
        );
    }
    Ok(())
}

fn excess(name: &str, bytes: u64, limit: u64) -> Option<String> {
    let over = bytes.checked_sub(limit).filter(|over| *over > 0)?;
    Some(format!("{name} has {bytes} bytes, {over} over its budget"))
}

/// Prints what is installed for LuCI, and gives the bytes a browser loads of it.
///
/// uhttpd sends files as they are, so on the wire is what lies in the flash. A browser that cannot
/// inflate loads the plain module instead; images for routers leave that out.
fn luci() -> anyhow::Result<u64> {
    let mut files = Vec::new();
    below(&target().join("luci/htdocs"), &mut files)?;
    files.retain(|file| !file.ends_with("asu.wasm"));
    files.sort();
    println!();
    print_row("LuCI's page", "wire", "gzip", "");
    let mut wire = 0;
    for file in &files {
        let (bytes, gzip) = measure(file)?;
        wire += bytes;
        let name = file.strip_prefix(root()).unwrap_or(file).display();
        print_row(name, bytes, gzip, "");
    }
    let (plain, _) = measure(&target().join("www/asu.wasm"))?;
    print_row("all of it", wire, "", "");
    println!("The module is {plain} bytes inflated.");
    Ok(wire)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn print_row(
    name: impl std::fmt::Display,
    bytes: impl std::fmt::Display,
    gzip: impl std::fmt::Display,
    budget: impl std::fmt::Display,
) {
    println!("{name:<60} {bytes:>9} {gzip:>9} {budget:>9}");
}

/// The bytes of a file, and of the file compressed.
pub(crate) fn measure(file: &Path) -> anyhow::Result<(u64, u64)> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    Ok((bytes.len() as u64, gzip.finish()?.len() as u64))
}
