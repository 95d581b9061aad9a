//! The trailers that `fwtool` appends to an image: metadata and a signature.
//!
//! Written by hand because no crate knows the format. Layout: `[chunk][magic][crc32][type][0 0 0]
//! [size]`, big endian, size counting chunk and trailer; a metadata chunk begins with 8 zero bytes.

const MAGIC: &[u8; 4] = b"FWx0";
const TRAILER: usize = 16;
const METADATA_HEADER: [u8; 8] = [0; 8];

/// Longest metadata the tool appends, bytes; longer metadata is left out without an error.
pub const MAX_METADATA: usize = 30 * 1024;
/// Longest signature the tool appends, bytes.
pub const MAX_SIGNATURE: usize = 1024;

/// What a trailer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A usign signature or a certificate chain with one.
    Signature = 0,
    /// The JSON that names the devices an image is for.
    Metadata = 1,
}

impl Kind {
    fn limit(self) -> usize {
        match self {
            Self::Signature => MAX_SIGNATURE,
            Self::Metadata => MAX_METADATA,
        }
    }

    fn header(self) -> &'static [u8] {
        match self {
            Self::Signature => &[],
            Self::Metadata => &METADATA_HEADER,
        }
    }
}

/// Appends `data` with its trailer; like the genuine tool, leaves the image alone if it is too long.
pub fn append(image: &mut Vec<u8>, kind: Kind, data: &[u8]) {
    if data.len() > kind.limit() {
        return;
    }
    let size = kind.header().len() + data.len() + TRAILER;
    image.extend_from_slice(kind.header());
    image.extend_from_slice(data);
    let crc = checksum(image);
    image.extend_from_slice(MAGIC);
    image.extend_from_slice(&crc.to_be_bytes());
    image.extend_from_slice(&[kind as u8, 0, 0, 0]);
    image.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
}

/// A trailer found at the end of an image.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// What it carries.
    pub kind: Kind,
    /// The metadata or signature.
    pub data: &'a [u8],
    /// The image before it.
    pub rest: &'a [u8],
}

/// The outermost trailer of an image, if there is a whole one.
pub fn last(image: &[u8]) -> Option<Found<'_>> {
    let body = image.len().checked_sub(TRAILER)?;
    let trailer = &image[body..];
    let number = |at: usize| trailer[at..at + 4].try_into().map(u32::from_be_bytes).ok();
    let kind = match trailer[8] {
        0 => Kind::Signature,
        1 => Kind::Metadata,
        _ => return None,
    };
    let start = image.len().checked_sub(number(12)? as usize)?;
    let data = image.get(start + kind.header().len()..body)?;
    let is_whole = &trailer[..4] == MAGIC && number(4)? == checksum(&image[..body]);
    (is_whole && data.len() <= kind.limit()).then_some(Found {
        kind,
        data,
        rest: &image[..start],
    })
}

/// CRC-32 without the final inversion.
fn checksum(bytes: &[u8]) -> u32 {
    !crc32fast::hash(bytes)
}
