//! The sentences of the view and their translations: from the sources to catalogues in gettext's
//! PO format, which LuCI's packages take as they are, and from those to what the plain page loads.

mod catalogue;
mod page;
mod rust;
mod script;
mod sentences;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::run::root;
use catalogue::Catalogue;
use sentences::Sentences;

pub(crate) use page::write as write_for_page;

/// The name of all catalogues; LuCI calls them after the package.
const NAME: &str = "attendedsysupgrade";
/// Where the plain page has its list of languages.
const LANGUAGES: &str = "luci-wasm/standalone/words.js";

/// Brings template and catalogues up to date with the sources and says what they lack.
///
/// With `check` nothing is written, and what is not up to date or not translated is an error.
pub(crate) fn words(check: bool) -> anyhow::Result<()> {
    let sentences = Sentences::of(&root())?;
    let mut faults = Vec::new();
    let template = Catalogue::template(&sentences)?;
    keep(&template_file(), &template.text()?, check, &mut faults)?;
    for (language, file) in catalogues()? {
        let catalogue = Catalogue::read(&file)?.merged(&sentences);
        keep(&file, &catalogue.text()?, check, &mut faults)?;
        faults.extend(page::unlisted(&language, &catalogue)?);
        let found = catalogue.faults();
        faults.extend(found.iter().map(|fault| format!("{language}: {fault}")));
    }
    if check && !faults.is_empty() {
        bail!(
            "{}\nRun `cargo xtask words`, then translate what has no translation (docs/translating.md).",
            faults.join("\n")
        );
    }
    for fault in faults {
        println!("{fault}");
    }
    Ok(())
}

/// Writes `text` into `file`, or notes that the file is another.
fn keep(file: &Path, text: &str, check: bool, faults: &mut Vec<String>) -> anyhow::Result<()> {
    let old = fs::read_to_string(file).unwrap_or_default();
    if old == text {
        return Ok(());
    }
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    if check {
        faults.push(format!("{name} is not up to date"));
        return Ok(());
    }
    let folder = file.parent().context("a file without a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(file, text).with_context(|| format!("{name} cannot be written"))
}

/// The folder of all catalogues.
fn folder() -> PathBuf {
    root().join("luci-wasm/po")
}

fn template_file() -> PathBuf {
    folder().join("templates").join(format!("{NAME}.pot"))
}

/// Each language there is a folder for, as LuCI names it (`de`, `zh_Hans`), and its catalogue.
fn catalogues() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder()).context("luci-wasm/po cannot be read")? {
        let entry = entry?;
        let language = entry.file_name().to_string_lossy().into_owned();
        if language != "templates" {
            found.push((language, entry.path().join(format!("{NAME}.po"))));
        }
    }
    found.sort();
    Ok(found)
}
