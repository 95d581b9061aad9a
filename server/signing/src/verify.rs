//! Whether a file is what was signed, and what is wrong if not.

use asu_index::usign::KeyNumber;

use crate::fwtool::{self, Damaged, Kind};
use crate::ucert::{Certificate, Chain, InvalidChain};
use crate::{InvalidUsign, PublicKey, Signature};

/// What is wrong with a signed file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing is signed.
    #[error("it carries no signature, and there is none beside it; give one with --sig")]
    Unsigned,
    /// The end of the image does not fit it.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// What should be a signature is none.
    #[error(transparent)]
    Signature(#[from] InvalidUsign),
    /// What should be certificates with a signature is none.
    #[error(transparent)]
    Chain(#[from] InvalidChain),
    /// Somebody else signed it.
    #[error("it was signed by the key {by}, not by {wanted}; get that key, or the right file")]
    OtherKey {
        /// Who signed it.
        by: KeyNumber,
        /// Who should have.
        wanted: KeyNumber,
    },
    /// The bytes are not those that were signed.
    #[error("its bytes are not those that the key {0} signed: do not use it; download it again")]
    Changed(KeyNumber),
    /// A certificate was changed.
    #[error("the certificate of the key {0} is not what its issuer signed: do not use the file")]
    Forged(KeyNumber),
    /// A certificate is of another time.
    #[error("the certificate of the key {0} has expired or is not valid yet; is the clock right?")]
    Expired(KeyNumber),
}

/// The signature inside an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Who signed it.
    pub by: KeyNumber,
    /// The image with its metadata, without the signature; bytes.
    pub signed_bytes: usize,
}

/// Whether `key` made `signature`, the text of its file, of `message`. Like usign, whatever number
/// the signature has.
pub fn detached(key: &PublicKey, message: &[u8], signature: &str) -> Result<(), Wrong> {
    is_by(key, message, &signature.parse()?)
}

/// Whether `image` carries a signature by `key`, or by a key that it vouches for by certificates
/// which are valid at `now` (seconds since 1970).
pub fn appended(key: &PublicKey, image: &[u8], now: i64) -> Result<Appended, Wrong> {
    let found = fwtool::last(image)?.filter(|found| found.kind == Kind::Signature);
    let found = found.ok_or(Wrong::Unsigned)?;
    let chain = read(found.data)?;
    let signature = chain.signature.ok_or(Wrong::Unsigned)?;
    let is_direct = signature.number() == key.number();
    let signer = if is_direct {
        key
    } else {
        certified(key, &chain.certificates, now)?
    };
    is_by(signer, found.rest, &signature)?;
    Ok(Appended {
        by: signer.number(),
        signed_bytes: found.rest.len(),
    })
}

/// A signature as it is, or with certificates.
fn read(data: &[u8]) -> Result<Chain, Wrong> {
    let plain = std::str::from_utf8(data).ok();
    match plain.and_then(|text| text.parse().ok()) {
        Some(signature) => Ok(Chain {
            signature: Some(signature),
            ..Chain::default()
        }),
        None => Ok(Chain::parse(data)?),
    }
}

/// The key at the end of the certificates, the first of which `key` must have issued.
fn certified<'a>(
    key: &'a PublicKey,
    certificates: &'a [Certificate],
    now: i64,
) -> Result<&'a PublicKey, Wrong> {
    certificates.iter().try_fold(key, |issuer, certificate| {
        let holder = certificate.key.number();
        match is_by(issuer, &certificate.signed, &certificate.signature) {
            Err(Wrong::Changed(_)) => return Err(Wrong::Forged(holder)),
            other => other?,
        }
        if now < certificate.valid_from || now >= certificate.expires_at {
            return Err(Wrong::Expired(holder));
        }
        Ok(&certificate.key)
    })
}

fn is_by(key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Wrong> {
    let (by, wanted) = (signature.number(), key.number());
    if key.verify(message, signature) {
        return Ok(());
    }
    Err(if by == wanted {
        Wrong::Changed(by)
    } else {
        Wrong::OtherKey { by, wanted }
    })
}
