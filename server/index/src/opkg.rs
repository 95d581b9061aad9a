//! opkg's index `Packages`: stanzas of `Field: value`, separated by empty lines.
//!
//! What opkg overlooks is overlooked here, too, and noted; what makes it stop is an error.
//! Hand-written, because crates for Debian's form insist on fields opkg does not have.

mod relations;
mod stanza;
mod typed;

use std::io::Read;

use flate2::read::GzDecoder;
use memchr::memchr_iter;

use crate::package::Package;

pub use stanza::{Field, Stanza, Stanzas};

/// Bytes of a line from which on opkg takes a file for damaged.
const MAX_LINE: usize = 1 << 20;

/// What an index said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The packages, in the order of the file; one name may be there in several versions.
    pub packages: Vec<Package>,
    /// What was overlooked, in the order of the file.
    pub notes: Vec<Note>,
}

/// Something in an index that opkg overlooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Note {
    /// The line, counted from 1; of a stanza, its first.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line or a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Neither a field nor the continuation of one.
    #[error("this is no field, and was left out")]
    NoField,
    /// A stanza that names no package.
    #[error("the stanza names no Package, and was left out")]
    NoName,
    /// A stanza without a version, which no order has a place for.
    #[error("the package has no Version, and was left out")]
    NoVersion,
    /// A stanza without architecture, which opkg never installs.
    #[error("the package has no Architecture, and was left out")]
    NoArchitecture,
    /// Bytes that are no UTF-8.
    #[error("some bytes are no UTF-8, and were replaced")]
    NotText,
    /// The file may have been cut off.
    #[error("the file ends without a line break; was it loaded to its end?")]
    Torn,
}

/// Why an index could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpkgError {
    /// A line so long that opkg refuses the file.
    #[error("line {line} of the index is longer than {MAX_LINE} bytes; load the index again")]
    LineTooLong {
        /// The line, counted from 1.
        line: usize,
    },
    /// There is text, but not one package.
    #[error(
        "this is no package index: not one stanza names a package; is the address that of a \
         file Packages?"
    )]
    NotAnIndex,
    /// The archive is damaged.
    #[error("cannot unpack the index: {0}; load it again")]
    Archive(#[from] std::io::Error),
    /// The archive holds more than was allowed.
    #[error("the index unpacks to more than {limit} bytes")]
    TooLarge {
        /// What was allowed, bytes.
        limit: u64,
    },
}

impl Reading {
    /// Whether the file was there to its end.
    pub fn is_whole(&self) -> bool {
        self.notes.iter().all(|note| note.problem != Problem::Torn)
    }
}

/// Unpacks `Packages.gz`, to at most `limit` bytes.
pub fn unpack(archive: &[u8], limit: u64) -> Result<Vec<u8>, OpkgError> {
    let mut bytes = Vec::new();
    let mut unpacked = GzDecoder::new(archive).take(limit.saturating_add(1));
    unpacked.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(OpkgError::TooLarge { limit });
    }
    Ok(bytes)
}

/// Reads `Packages`, or `Packages.manifest`.
pub fn read(bytes: &[u8]) -> Result<Reading, OpkgError> {
    let text = String::from_utf8_lossy(bytes);
    check_lines(&text)?;
    let mut reading = Reading::default();
    let mut stanzas = Stanzas::of(&text);
    for stanza in stanzas.by_ref() {
        let line = stanza.line;
        match typed::package(&stanza) {
            Ok(package) => reading.packages.push(package),
            Err(problem) => reading.notes.push(Note { line, problem }),
        }
    }
    reading.notes.extend(stanzas.into_notes());
    reading.notes.extend(whole_file_notes(bytes, &text));
    reading.notes.sort_by_key(|note| note.line);
    if reading.packages.is_empty() && !text.trim().is_empty() {
        return Err(OpkgError::NotAnIndex);
    }
    Ok(reading)
}

fn check_lines(text: &str) -> Result<(), OpkgError> {
    let mut start = 0;
    let ends = memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    for (before, end) in ends.enumerate() {
        if end - start >= MAX_LINE {
            return Err(OpkgError::LineTooLong { line: before + 1 });
        }
        start = end + 1;
    }
    Ok(())
}

fn whole_file_notes(bytes: &[u8], text: &str) -> impl Iterator<Item = Note> {
    let line_of = |end: usize| bytes[..end].split(|byte| *byte == b'\n').count();
    let broken = std::str::from_utf8(bytes).err();
    let not_text = broken.map(|error| (line_of(error.valid_up_to()), Problem::NotText));
    let is_torn = !text.is_empty() && !text.ends_with('\n');
    let torn = is_torn.then(|| (line_of(bytes.len()), Problem::Torn));
    let notes = [not_text, torn].into_iter().flatten();
    notes.map(|(line, problem)| Note { line, problem })
}

#[cfg(test)]
mod tests;
