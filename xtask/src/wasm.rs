//! The page: the Wasm module, its JavaScript glue and the files around it, in `target/www`.

mod bundle;
mod compile;
mod luci;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::run::{root, target};
use crate::words;

/// Builds the page and says where it lies.
pub(crate) fn page() -> anyhow::Result<PathBuf> {
    let module = compile::compile()?;
    let (work, www) = (target().join("bundle"), target().join("www"));
    for folder in [&work, &www] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
    }
    bundle::bundle(&module, &work, &www)?;
    pack(&www.join("asu.wasm"), &www.join("asu.wasm.gz"))?;
    words::write_for_page(&www)?;
    copy_page(&root().join("luci-wasm/standalone"), &www)?;
    luci::minify(
        &root().join("luci-wasm/host/element.js"),
        &www.join("element.js"),
    )?;
    luci::package(&www)?;
    Ok(www)
}

/// Compresses a file as well as gzip can: uhttpd does not, and the browser inflates it.
fn pack(from: &Path, to: &Path) -> anyhow::Result<()> {
    let options = zopfli::Options::default();
    let bytes = fs::read(from)?;
    Ok(zopfli::compress(
        options,
        zopfli::Format::Gzip,
        bytes.as_slice(),
        fs::File::create(to)?,
    )?)
}

/// Copies the plain page. Its files ask for each other with a sum of them all in the query, so that
/// a browser never mixes those of two versions: uhttpd lets it keep them without asking again.
fn copy_page(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut sum = flate2::Crc::new();
    let made = [to.join("asu.js"), to.join("asu.wasm")];
    let (words, files) = (files(&to.join("words"))?, files(from)?);
    for file in made.iter().chain(&words).chain(&files) {
        sum.update(&fs::read(file)?);
    }
    let version = format!("?v={:08x}", sum.sum());
    for file in &files {
        let name = file.file_name().context("a file without a name")?;
        fs::write(
            to.join(name),
            versioned(&fs::read_to_string(file)?, &version),
        )?;
    }
    Ok(())
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("no page in {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// The text, with the version behind the names of files that end a quotation.
fn versioned(text: &str, version: &str) -> String {
    let names = ["asu.js", "asu.wasm.gz", "app.js", "app.css", "words.js"];
    names.iter().fold(text.to_owned(), |text, name| {
        ['"', '\''].iter().fold(text, |text, quote| {
            text.replace(
                &format!("{name}{quote}"),
                &format!("{name}{version}{quote}"),
            )
        })
    })
}
