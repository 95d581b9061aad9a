//! The trailers that OpenWrt appends to images: metadata, and a signature over image and metadata.
//!
//! A trailer is the file's last 16 bytes, big endian: `FWx0`, a CRC-32 without final inversion over
//! all bytes before it, a type, 3 zero bytes, and the size of data and trailer. Trailers stack.

/// Bytes of a trailer.
const TRAILER: usize = 16;
/// Metadata begins with two 32-bit words, version and flags.
const METADATA_HEADER: usize = 8;
/// fwtool takes no more metadata than this, in bytes without the header.
const LONGEST_METADATA: usize = 30 * 1024;
/// fwtool takes no longer signature than this, in bytes.
const LONGEST_SIGNATURE: usize = 1024;

/// What is appended to an image.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Appended<'a> {
    /// JSON that tells which devices the image is for.
    pub(crate) metadata: Option<&'a [u8]>,
    /// A usign signature, or a chain of certificates.
    pub(crate) signature: Option<&'a [u8]>,
    /// Bytes of the image without trailers.
    pub(crate) payload: usize,
}

/// A trailer that cannot be trusted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TrailerError {
    /// The bytes before it are not those that it was written for.
    #[error("the checksum of the appended metadata is wrong: the image is damaged")]
    Checksum,
    /// Its size is impossible.
    #[error("the appended metadata has an impossible size: the image is damaged")]
    Size,
}

/// Reads the trailers from the end; an image without any has nothing appended.
pub(crate) fn appended(image: &[u8]) -> Result<Appended<'_>, TrailerError> {
    let mut found = Appended {
        payload: image.len(),
        ..Appended::default()
    };
    while let Some((rest, signature, data)) = last(&image[..found.payload])? {
        let slot = if signature {
            &mut found.signature
        } else {
            &mut found.metadata
        };
        slot.get_or_insert(data);
        found.payload = rest;
    }
    Ok(found)
}

/// How much is before a chunk, whether it is a signature, and its data.
type Chunk<'a> = (usize, bool, &'a [u8]);

/// The chunk of the last trailer.
fn last(image: &[u8]) -> Result<Option<Chunk<'_>>, TrailerError> {
    let Some((before, trailer)) = image.split_last_chunk::<TRAILER>() else {
        return Ok(None);
    };
    let [
        b'F',
        b'W',
        b'x',
        b'0',
        c0,
        c1,
        c2,
        c3,
        kind,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
    ] = *trailer
    else {
        return Ok(None);
    };
    if !crc32fast::hash(before) != u32::from_be_bytes([c0, c1, c2, c3]) {
        return Err(TrailerError::Checksum);
    }
    let size = u32::from_be_bytes([s0, s1, s2, s3]) as usize;
    let data = size.checked_sub(TRAILER).ok_or(TrailerError::Size)?;
    let (header, longest) = if kind == 0 {
        (0, LONGEST_SIGNATURE)
    } else {
        (METADATA_HEADER, LONGEST_METADATA)
    };
    if data < header || data - header > longest || data > before.len() {
        return Err(TrailerError::Size);
    }
    let rest = before.len() - data;
    Ok(Some((rest, kind == 0, &before[rest + header..])))
}

/// Appends metadata as fwtool does. The router itself never does; its tests make images with it.
#[cfg(test)]
pub(crate) fn append_metadata(image: &mut Vec<u8>, metadata: &[u8]) {
    image.extend_from_slice(&[0; METADATA_HEADER]);
    image.extend_from_slice(metadata);
    let crc = !crc32fast::hash(image);
    image.extend_from_slice(b"FWx0");
    image.extend_from_slice(&crc.to_be_bytes());
    image.extend_from_slice(&[1, 0, 0, 0]);
    let size = u32::try_from(METADATA_HEADER + metadata.len() + TRAILER).unwrap();
    image.extend_from_slice(&size.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::Value;
    use sha2::{Digest, Sha256};

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../fixtures/fwtool")
                .join(name),
        )
        .unwrap()
    }

    /// What genuine fwtool says of one chunk: extracted, or why not.
    fn agrees(expected: &Value, chunk: Result<Option<&[u8]>, &TrailerError>) -> bool {
        let stderr = expected["stderr"].as_str().unwrap();
        match chunk {
            Ok(Some(data)) => {
                expected["rc"] == 0
                    && expected["len"] == data.len()
                    && expected["sha256"] == hex::encode(Sha256::digest(data))
            }
            Ok(None) => {
                expected["rc"] == 1
                    && !stderr.contains("CRC error")
                    && !stderr.contains("Size error")
            }
            Err(TrailerError::Checksum) => expected["rc"] == 1 && stderr.contains("CRC error"),
            Err(TrailerError::Size) => expected["rc"] == 1 && stderr.contains("Size error"),
        }
    }

    #[test]
    fn every_verdict_is_that_of_genuine_fwtool() {
        let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
        let cases = expected["extract"].as_array().unwrap();
        assert_eq!(cases.len(), 12);
        for case in cases {
            let name = case["image"].as_str().unwrap();
            let image = fixture(name);
            let found = appended(&image);
            let metadata = found.as_ref().map(|found| found.metadata);
            let signature = found.as_ref().map(|found| found.signature);
            assert!(agrees(&case["metadata"], metadata), "{name}: metadata");
            assert!(agrees(&case["signature"], signature), "{name}: signature");
            if let Ok(found) = found {
                assert_eq!(
                    expected["files"][name]["payload_len"], found.payload,
                    "{name}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_appended_is_found(payload in prop::collection::vec(any::<u8>(), 0..300), data in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut image = payload.clone();
            append_metadata(&mut image, &data);
            let found = appended(&image).unwrap();
            prop_assert_eq!(found.metadata, Some(&data[..]));
        }

        #[test]
        fn one_changed_bit_before_the_trailer_is_noticed(payload in prop::collection::vec(any::<u8>(), 1..300), at in any::<prop::sample::Index>(), bit in 0..8) {
            let mut image = payload.clone();
            append_metadata(&mut image, b"{}");
            let end = image.len() - TRAILER;
            image[at.index(end)] ^= 1_u8 << bit;
            prop_assert_eq!(appended(&image), Err(TrailerError::Checksum));
        }
    }
}
