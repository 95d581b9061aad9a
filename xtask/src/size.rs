//! Sizes of what a router carries, held against the committed budget.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::run::{root, target};
use crate::{build, wasm};

/// The file that says how many bytes each may have.
const BUDGET: &str = "size-budget.json";

/// Builds what is measured, prints the table, and fails if something is over its budget.
pub(crate) fn size() -> anyhow::Result<()> {
    if !target().join("www/asu_view_dom_bg.wasm").exists() {
        wasm::page()?;
    }
    build::plugins()?;
    let budget = std::fs::read(root().join(BUDGET)).with_context(|| format!("no {BUDGET}"))?;
    let budget: BTreeMap<String, u64> = serde_json::from_slice(&budget)?;
    let mut over = Vec::new();
    println!(
        "{:<48} {:>9} {:>9} {:>9}",
        "file", "bytes", "gzip", "budget"
    );
    for (file, limit) in &budget {
        let (bytes, gzip) = measure(&root().join(file))?;
        println!("{file:<48} {bytes:>9} {gzip:>9} {limit:>9}");
        if bytes > *limit {
            over.push(format!(
                "{file} has {bytes} bytes, {} over its budget",
                bytes - limit
            ));
        }
    }
    if !over.is_empty() {
        bail!(
            "{}\nMake it smaller, or raise {BUDGET} and say why.",
            over.join("\n")
        );
    }
    Ok(())
}

/// The bytes of a file, and of the file compressed.
pub(crate) fn measure(file: &Path) -> anyhow::Result<(u64, u64)> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    Ok((bytes.len() as u64, gzip.finish()?.len() as u64))
}
