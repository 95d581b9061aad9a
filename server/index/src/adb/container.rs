//! The container: compression, schema, blocks.

use std::io::{Cursor, Read};
use std::ops::Range;

use flate2::read::DeflateDecoder;

use super::{AdbError, MAX_BYTES};

/// Method numbers behind the magic `ADBc`.
const NONE: u8 = 0;
const DEFLATE: u8 = 1;
const ZSTD: u8 = 2;

/// What a file begins with, unpacked: magic and schema.
pub(super) const FILE_HEADER: usize = 8;
/// What the data begin with: two versions, two bytes for later, the root value.
const DATA_HEADER: usize = 8;
/// Blocks begin at a multiple of this.
pub(super) const ALIGNMENT: usize = 8;

/// An apk database: the data of one file, and the signatures of them.
#[derive(Debug, Clone)]
pub struct Database {
    bytes: Vec<u8>,
    data: Range<usize>,
    signatures: Vec<Range<usize>>,
}

impl Database {
    /// Unpacks a file and finds its blocks; nothing is verified.
    pub fn open(file: &[u8]) -> Result<Self, AdbError> {
        let bytes = unpack(file)?;
        if bytes.len() < FILE_HEADER || !bytes.starts_with(b"ADB.") {
            return Err(AdbError::NoDatabase);
        }
        let (data, signatures) = blocks(&bytes)?;
        Ok(Self {
            bytes,
            data,
            signatures,
        })
    }

    /// What the data are: `indx` is an index, `pckg` a package.
    pub fn schema(&self) -> [u8; 4] {
        [self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]]
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.bytes[self.data.clone()]
    }

    pub(super) fn signatures(&self) -> impl Iterator<Item = &[u8]> {
        let ranges = self.signatures.iter().cloned();
        ranges.map(|range| &self.bytes[range])
    }
}

fn unpack(file: &[u8]) -> Result<Vec<u8>, AdbError> {
    limited(unpacked(file)?)
}

/// A file without its compression, as it comes.
pub(super) fn unpacked<'a>(mut file: impl Read + 'a) -> Result<Box<dyn Read + 'a>, AdbError> {
    let mut magic = [0; 4];
    file.read_exact(&mut magic)
        .map_err(|_| AdbError::NoDatabase)?;
    match &magic {
        b"ADB." => Ok(Box::new(Cursor::new(magic).chain(file))),
        b"ADBd" => Ok(Box::new(DeflateDecoder::new(file))),
        b"ADBc" => {
            // The level behind the method says how hard the writer tried.
            let mut how = [0; 2];
            file.read_exact(&mut how)
                .map_err(|_| AdbError::NoDatabase)?;
            match how[0] {
                NONE => Ok(Box::new(file)),
                DEFLATE => Ok(Box::new(DeflateDecoder::new(file))),
                ZSTD => Ok(Box::new(zstd::Decoder::new(file)?.single_frame())),
                method => Err(AdbError::Compression(method)),
            }
        }
        _ => Err(AdbError::NoDatabase),
    }
}

fn limited(reader: impl Read) -> Result<Vec<u8>, AdbError> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(AdbError::TooLarge);
    }
    Ok(bytes)
}

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Data,
    Signature,
    /// A file of a package.
    Content,
}

impl Kind {
    pub(super) fn of(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Data),
            1 => Some(Self::Signature),
            2 => Some(Self::Content),
            _ => None,
        }
    }
}

/// Finds the data, which come first, and their signatures.
fn blocks(bytes: &[u8]) -> Result<(Range<usize>, Vec<Range<usize>>), AdbError> {
    let mut at = FILE_HEADER;
    let mut data = None;
    let mut signatures = Vec::new();
    let mut last = Kind::Data;
    while at < bytes.len() {
        let damaged = AdbError::Block { at };
        let Some((kind, payload)) = block(bytes, at) else {
            return Err(damaged);
        };
        let is_first = data.is_none();
        if kind < last || is_first != (kind == Kind::Data) {
            return Err(damaged);
        }
        last = kind;
        at = payload.end.next_multiple_of(ALIGNMENT);
        match kind {
            Kind::Data => data = Some(payload),
            Kind::Signature => signatures.push(payload),
            Kind::Content => {}
        }
    }
    let data = data.ok_or(AdbError::Block { at })?;
    check_data(&bytes[data.clone()], data.start)?;
    Ok((data, signatures))
}

/// Checks that data which begin at byte `at` of the file are of a form known here.
pub(super) fn check_data(data: &[u8], at: usize) -> Result<(), AdbError> {
    match data {
        [0, ..] if data.len() >= DATA_HEADER => Ok(()),
        [newer, ..] if *newer != 0 => Err(AdbError::Version(*newer)),
        _ => Err(AdbError::Block { at }),
    }
}

/// The block at `at`: what it is and where its payload lies.
fn block(bytes: &[u8], at: usize) -> Option<(Kind, Range<usize>)> {
    let word = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let (kind, low) = (word >> 30, word & 0x3fff_ffff);
    // The size counts the header: 4 bytes, or 16 in the long form.
    let (kind, size, header) = match kind {
        3 => (low, long_size(bytes, at)?, 16),
        kind => (kind, usize::try_from(low).ok()?, 4),
    };
    let kind = Kind::of(kind)?;
    let end = at.checked_add(size)?;
    let padded = end.checked_next_multiple_of(ALIGNMENT)?;
    (size >= header && padded <= bytes.len()).then_some((kind, at + header..end))
}

fn long_size(bytes: &[u8], at: usize) -> Option<usize> {
    let size = bytes.get(at.checked_add(8)?..)?.first_chunk()?;
    usize::try_from(u64::from_le_bytes(*size)).ok()
}
