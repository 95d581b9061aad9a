//! The file around the data: a schema, blocks, and compression.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Blocks begin at a multiple of this.
pub(crate) const ALIGNMENT: usize = 8;

/// What a block holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The database.
    Data = 0,
    /// A signature of it.
    Signature = 1,
    /// The bytes of a file of a package.
    File = 2,
}

/// The file as it is before compression: `ADB.`.
pub fn plain(schema: [u8; 4], data: &[u8], signatures: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [*b"ADB.", schema].concat();
    block(&mut file, Kind::Data, &[data]);
    for signature in signatures {
        block(&mut file, Kind::Signature, &[signature]);
    }
    file
}

/// The file as mirrors have it: `ADBd` and a raw deflate stream of [`plain`].
pub fn deflated(plain: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(b"ADBd".to_vec(), level);
    // Writing to memory does not fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// The size counts the header of four bytes, which also says what the block holds.
pub(crate) fn block(file: &mut Vec<u8>, kind: Kind, payload: &[&[u8]]) {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let size = u32::try_from(length + 4).unwrap_or(u32::MAX);
    file.extend_from_slice(&((kind as u32) << 30 | size).to_le_bytes());
    for part in payload {
        file.extend_from_slice(part);
    }
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
}
