//! Chains of certificates as OpenWrt's `ucert` makes them: each certificate names a key and is
//! signed by the one before it; the last element is the signature of the image.
//!
//! Written by hand because no crate knows the format. It is libubox's blob: a big-endian word with
//! the id in bits 24 to 30 and the length, header included, in bits 0 to 23; elements begin at
//! multiples of 4 bytes (`fixtures/fwtool`).

use crate::{PublicKey, Signature};

const HEADER: usize = 4;
const SIGNATURE: u8 = 0;
const PAYLOAD: u8 = 1;
/// The only kind of certificate that hands trust on; the other one takes it back.
const AUTHORISES: u64 = 1;

/// Bytes that are no chain of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a ucert certificate chain: {0}")]
pub struct InvalidChain(&'static str);

/// A certificate: who holds it may sign for whom it was issued by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// By the issuer, over `signed`.
    pub(crate) signature: Signature,
    /// The bytes that are signed.
    pub(crate) signed: Vec<u8>,
    /// Seconds since 1970 from which it is valid.
    pub(crate) valid_from: i64,
    /// Seconds since 1970 from which it is not valid any more.
    pub(crate) expires_at: i64,
    /// Whose it is.
    pub(crate) key: PublicKey,
}

/// Certificates from the most trusted on, and a signature by the last one's key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) signature: Option<Signature>,
}

impl Chain {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, InvalidChain> {
        let mut chain = Self::default();
        for element in blobs(bytes) {
            let (SIGNATURE, content) = element? else {
                return Err(InvalidChain("an element is of an unknown kind"));
            };
            if chain.signature.is_some() {
                return Err(InvalidChain("something follows the image's signature"));
            }
            chain.add(content)?;
        }
        Ok(chain)
    }

    fn add(&mut self, element: &[u8]) -> Result<(), InvalidChain> {
        let parts: Vec<_> = blobs(element).collect::<Result<_, _>>()?;
        match parts[..] {
            [(SIGNATURE, signature)] => self.signature = Some(read_signature(signature)?),
            [(SIGNATURE, signature), (PAYLOAD, payload)] => {
                let signature = read_signature(signature)?;
                let certificate = certificate(signature, payload)?;
                self.certificates.push(certificate);
            }
            _ => return Err(InvalidChain("an element has no signature")),
        }
        Ok(())
    }
}

/// The last element of a chain: the signature of the image.
pub(crate) fn element(signature: &str) -> Vec<u8> {
    let mut inner = blob(signature.as_bytes());
    inner.resize(inner.len().next_multiple_of(HEADER), 0);
    blob(&inner)
}

fn blob(content: &[u8]) -> Vec<u8> {
    // Nothing here is as long as the 16 MiB that would not fit.
    let length = u32::try_from(content.len() + HEADER).unwrap_or(u32::MAX) & 0x00ff_ffff;
    [&length.to_be_bytes(), content].concat()
}

fn certificate(signature: Signature, payload: &[u8]) -> Result<Certificate, InvalidChain> {
    let table = field(payload, "ucert")?;
    if number(field(table, "certtype")?)? != AUTHORISES {
        return Err(InvalidChain("a certificate takes trust back"));
    }
    let time = |name| {
        let seconds = number(field(table, name)?)?;
        i64::try_from(seconds).map_err(|_| InvalidChain("a time is out of range"))
    };
    let key = text(field(table, "pubkey")?)?;
    let key = key.parse();
    Ok(Certificate {
        signature,
        signed: payload.to_vec(),
        valid_from: time("validfrom")?,
        expires_at: time("expiresat")?,
        key: key.map_err(|_| InvalidChain("a certificate names no public key"))?,
    })
}

fn read_signature(bytes: &[u8]) -> Result<Signature, InvalidChain> {
    let signature = text(bytes)?.parse();
    signature.map_err(|_| InvalidChain("a signature is not one of usign"))
}

fn text(bytes: &[u8]) -> Result<&str, InvalidChain> {
    let text = std::str::from_utf8(bytes).map_err(|_| InvalidChain("a text is not UTF-8"))?;
    Ok(text.trim_end_matches('\0'))
}

fn number(bytes: &[u8]) -> Result<u64, InvalidChain> {
    match bytes.len() {
        4 | 8 => Ok(bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))),
        _ => Err(InvalidChain("a number has the wrong length")),
    }
}

/// The value of this name: its length and name, padded to whole words, come before it.
fn field<'a>(table: &'a [u8], name: &str) -> Result<&'a [u8], InvalidChain> {
    let named = blobs(table).filter_map(Result::ok).find_map(|(_, bytes)| {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let is_named = rest.get(..length)? == name.as_bytes();
        let value = bytes.get((2 + length + 1).next_multiple_of(HEADER)..)?;
        is_named.then_some(value)
    });
    named.ok_or(InvalidChain("a certificate lacks a field"))
}

/// Ids and contents of the elements in `bytes`; the first that is not whole ends it with an error.
fn blobs(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), InvalidChain>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let first = first_blob(bytes);
        bytes = first.map_or(&[], |(_, content)| {
            let end = HEADER + content.len().next_multiple_of(HEADER);
            bytes.get(end..).unwrap_or_default()
        });
        Some(first)
    })
}

fn first_blob(bytes: &[u8]) -> Result<(u8, &[u8]), InvalidChain> {
    let cut = InvalidChain("an element is cut off");
    let (word, _) = bytes.split_first_chunk::<HEADER>().ok_or(cut)?;
    let word = u32::from_be_bytes(*word);
    let length = usize::try_from(word & 0x00ff_ffff).map_err(|_| cut)?;
    let content = bytes.get(HEADER..length).ok_or(cut)?;
    Ok(((word >> 24) as u8 & 0x7f, content))
}
