//! `fwtool`: appends and extracts metadata and signatures.

use std::fs;

use anyhow::{Context as _, Result, bail};

use super::{has, value};
use crate::format::fwtool::{self, Found, Kind};

/// `fwtool [-t] {-I FILE | -S FILE | -i FILE | -s FILE} IMAGE`; `-` stands for standard output.
pub fn fwtool(arguments: &[String]) -> Result<()> {
    let path = arguments.last().context("the last argument is the image")?;
    let mut image = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    for (option, kind) in [("-I", Kind::Metadata), ("-S", Kind::Signature)] {
        if let Some(file) = value(arguments, option) {
            let data = fs::read(file).with_context(|| format!("cannot read {file}"))?;
            fwtool::append(&mut image, kind, &data);
            fs::write(path, &image)?;
        }
    }
    for (option, kind) in [("-i", Kind::Metadata), ("-s", Kind::Signature)] {
        if let Some(file) = value(arguments, option) {
            let found = find(&image, kind)?;
            let out = if file == "-" { "/dev/stdout" } else { file };
            fs::write(out, found.data).with_context(|| format!("cannot write {file}"))?;
            if has(arguments, "-t") {
                fs::write(path, found.rest)?;
            }
        }
    }
    Ok(())
}

/// The trailer of this kind; a signature may lie outside the metadata.
fn find(image: &[u8], kind: Kind) -> Result<Found<'_>> {
    let mut rest = image;
    while let Some(found) = fwtool::last(rest) {
        if found.kind == kind {
            return Ok(found);
        }
        rest = found.rest;
    }
    bail!("Data not found")
}
