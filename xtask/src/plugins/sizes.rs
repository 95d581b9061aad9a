//! What the plugins weigh on each processor, held against the committed budget.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

use crate::plugins::folder;
use crate::plugins::target::Target;
use crate::run::root;
use crate::size::measure;

/// The file that says how many bytes each may have, by target and plugin.
const BUDGET: &str = "rpcd-plugins/size-budget.json";

type Budget = BTreeMap<String, BTreeMap<String, u64>>;

/// Prints the table, and fails if a file is over its budget or has none.
pub(crate) fn compare(targets: &[&Target]) -> anyhow::Result<()> {
    let budget = std::fs::read(root().join(BUDGET)).with_context(|| format!("no {BUDGET}"))?;
    let budget: Budget = serde_json::from_slice(&budget)?;
    let mut wrong = Vec::new();
    println!(
        "{:<32} {:<24} {:>8} {:>8} {:>8}",
        "target", "file", "stripped", "gzip", "budget"
    );
    for target in targets {
        let limits = budget.get(target.triple);
        for file in files(&folder(target))? {
            let limit = limits.and_then(|limits| limits.get(&file)).copied();
            wrong.extend(row(target, &file, limit)?);
        }
    }
    if !wrong.is_empty() {
        bail!(
            "{}\nMake it smaller, or raise {BUDGET} and say why.",
            wrong.join("\n")
        );
    }
    Ok(())
}

/// The names of the files in `folder`, in order.
fn files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Prints one file's row, and says what is wrong with it.
fn row(target: &Target, file: &str, limit: Option<u64>) -> anyhow::Result<Option<String>> {
    let triple = target.triple;
    let (bytes, gzip) = measure(&folder(target).join(file))?;
    let shown = limit.map_or("none".to_owned(), |limit| limit.to_string());
    println!("{triple:<32} {file:<24} {bytes:>8} {gzip:>8} {shown:>8}");
    Ok(match limit {
        None => Some(format!("{file} for {triple} has no budget")),
        Some(limit) if bytes > limit => Some(format!(
            "{file} for {triple} has {bytes} bytes, {} over its budget",
            bytes - limit
        )),
        Some(_) => None,
    })
}
