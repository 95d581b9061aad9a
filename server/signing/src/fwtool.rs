//! The trailers that OpenWrt's `fwtool` appends to an image: metadata, and a signature.
//!
//! Written by hand because no crate knows the format. Layout: `[chunk][magic][crc32][type][0 0 0]
//! [size]`, big endian; the size counts chunk and trailer, the checksum covers every byte before the
//! trailer. A metadata chunk begins with 8 bytes of header (`fixtures/fwtool`).

const MAGIC: &[u8; 4] = b"FWx0";
const TRAILER: usize = 16;

/// Longest signature `fwtool` appends or extracts, bytes.
pub const MAX_SIGNATURE: usize = 1024;
const MAX_METADATA: usize = 30 * 1024;

/// What a trailer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A usign signature, or a chain of certificates with one.
    Signature,
    /// The JSON that names the devices an image is for.
    Metadata,
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Signature),
            1 => Some(Self::Metadata),
            _ => None,
        }
    }

    fn header(self) -> usize {
        match self {
            Self::Signature => 0,
            Self::Metadata => 8,
        }
    }

    fn limit(self) -> usize {
        match self {
            Self::Signature => MAX_SIGNATURE,
            Self::Metadata => MAX_METADATA,
        }
    }
}

/// A trailer at the end of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// What it carries.
    pub kind: Kind,
    /// The metadata or signature.
    pub data: &'a [u8],
    /// The image before it.
    pub rest: &'a [u8],
}

/// An image that ends in a trailer whose length or checksum does not fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the image's trailer does not fit its bytes: it was changed or cut; download it again")]
pub struct Damaged;

/// The outermost trailer of an image; `None` if it ends in something else.
pub fn last(image: &[u8]) -> Result<Option<Found<'_>>, Damaged> {
    let Some((body, trailer)) = image.split_last_chunk::<TRAILER>() else {
        return Ok(None);
    };
    let [magic, sum, kind, size] = fields(trailer);
    if magic != MAGIC {
        return Ok(None);
    }
    if u32::from_be_bytes(*sum) != checksum(body) {
        return Err(Damaged);
    }
    let kind = Kind::of(kind[0]).ok_or(Damaged)?;
    let size = usize::try_from(u32::from_be_bytes(*size)).map_err(|_| Damaged)?;
    let start = image.len().checked_sub(size).ok_or(Damaged)?;
    let data = body.get(start + kind.header()..).ok_or(Damaged)?;
    if data.len() > kind.limit() {
        return Err(Damaged);
    }
    let rest = &image[..start];
    Ok(Some(Found { kind, data, rest }))
}

/// What `fwtool -S` appends to `image`, which it must end with; nothing for a signature that is
/// longer than [`MAX_SIGNATURE`], which no router would read.
pub(crate) fn signature_trailer(image: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    if signature.len() > MAX_SIGNATURE {
        return None;
    }
    let mut sum = crc32fast::Hasher::new();
    sum.update(image);
    sum.update(signature);
    let size = u32::try_from(signature.len() + TRAILER).ok()?;
    let mut trailer = signature.to_vec();
    trailer.extend_from_slice(MAGIC);
    trailer.extend_from_slice(&(!sum.finalize()).to_be_bytes());
    trailer.extend_from_slice(&[0; 4]);
    trailer.extend_from_slice(&size.to_be_bytes());
    Some(trailer)
}

fn fields(trailer: &[u8; TRAILER]) -> [&[u8; 4]; 4] {
    let (four, _) = trailer.as_chunks::<4>();
    [&four[0], &four[1], &four[2], &four[3]]
}

/// CRC-32 without the final inversion.
fn checksum(bytes: &[u8]) -> u32 {
    !crc32fast::hash(bytes)
}
