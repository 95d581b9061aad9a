//! Public keys and signatures as OpenWrt's `usign` (and OpenBSD's `signify`) writes them.
//!
//! Two lines: a comment, then base64 of `Ed`, the key's number (8 bytes) and the key or signature.
//! Hand-written, because crates for signify's form refuse what usign accepts: a file without final
//! newline and any text as comment.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;

const ALGORITHM: &[u8] = b"Ed";

/// The number by which signatures name their key; random, not derived from the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyNumber([u8; 8]);

impl fmt::Display for KeyNumber {
    /// In hex, as the key's file is named in a folder of trusted keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// An Ed25519 public key with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    text: String,
    number: KeyNumber,
    key: VerifyingKey,
}

/// An Ed25519 signature with the number of the key that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    number: KeyNumber,
    signature: ed25519_dalek::Signature,
}

/// A text that is not a usign public key or signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a usign {what}: {reason}")]
pub struct InvalidUsign {
    what: &'static str,
    reason: &'static str,
}

/// Why a text is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// What should be the signature is none.
    #[error(transparent)]
    Invalid(#[from] InvalidUsign),
    /// None of the keys made the signature of this text.
    #[error("its signature is by none of the keys known here, or it was changed since")]
    Untrusted,
}

/// Whether a file of `usign` is the signature of `message` by one of the keys; like `usign -V -P`.
pub fn verify(message: &[u8], signature: &[u8], keys: &[PublicKey]) -> Result<(), SignatureError> {
    let signature: Signature = String::from_utf8_lossy(signature).parse()?;
    let is_good = signature.is_by_one_of(keys, message);
    is_good.then_some(()).ok_or(SignatureError::Untrusted)
}

impl FromStr for PublicKey {
    type Err = InvalidUsign;

    fn from_str(text: &str) -> Result<Self, InvalidUsign> {
        let what = "public key";
        let (number, key) = decode::<32>(what, text)?;
        let reason = "its bytes are no point of the curve";
        let key = VerifyingKey::from_bytes(&key).map_err(|_| InvalidUsign { what, reason })?;
        Ok(Self {
            text: text.to_owned(),
            number,
            key,
        })
    }
}

impl FromStr for Signature {
    type Err = InvalidUsign;

    fn from_str(text: &str) -> Result<Self, InvalidUsign> {
        let (number, bytes) = decode::<64>("signature", text)?;
        Ok(Self {
            number,
            signature: ed25519_dalek::Signature::from_bytes(&bytes),
        })
    }
}

impl PublicKey {
    /// The key's number.
    pub fn number(&self) -> KeyNumber {
        self.number
    }

    /// The key as it was read, ready to be written to a folder of trusted keys.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this key made `signature` of `message`; like `usign -V -p`, whatever its number says.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        self.key
            .verify_strict(message, &signature.signature)
            .is_ok()
    }
}

impl Signature {
    /// The number of the key that made it, as the signature claims.
    pub fn number(&self) -> KeyNumber {
        self.number
    }

    /// Whether the key it names is among `keys` and made it of `message`; like `usign -V -P`.
    pub fn is_by_one_of(&self, keys: &[PublicKey], message: &[u8]) -> bool {
        keys.iter()
            .any(|key| key.number == self.number && key.verify(message, self))
    }
}

fn decode<const N: usize>(
    what: &'static str,
    text: &str,
) -> Result<(KeyNumber, [u8; N]), InvalidUsign> {
    let invalid = |reason| InvalidUsign { what, reason };
    let (_comment, rest) = text
        .split_once('\n')
        .ok_or(invalid("it has only one line"))?;
    let base64: String = rest.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(base64)
        .map_err(|_| invalid("its second line is not base64"))?;
    let rest = bytes
        .strip_prefix(ALGORITHM)
        .ok_or(invalid("it is not Ed25519"))?;
    let (number, rest) = rest.split_first_chunk().ok_or(invalid("it is too short"))?;
    let bytes = rest
        .try_into()
        .map_err(|_| invalid("it has the wrong length"))?;
    Ok((KeyNumber(*number), bytes))
}

#[cfg(test)]
mod tests;
