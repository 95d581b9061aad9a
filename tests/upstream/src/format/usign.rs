//! usign keys and signatures: Ed25519 in the files of OpenBSD's signify.
//!
//! Written by hand because usign identifies keys by fingerprint in a directory, which the crates
//! for signify do not.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

const ALGORITHM: &[u8; 2] = b"Ed";

/// A key that signs.
pub struct SecretKey {
    number: [u8; 8],
    key: SigningKey,
}

impl SecretKey {
    /// The key with this seed and key number.
    pub fn new(seed: [u8; 32], number: [u8; 8]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self { number, key }
    }

    /// The key that signs the mirror. Everybody can know it: it is derived from this sentence.
    pub fn of_the_mirror() -> Self {
        let seed: [u8; 32] = Sha256::digest(b"the key of a test mirror, known to everybody").into();
        let mut number = [0; 8];
        number.copy_from_slice(&Sha256::digest(seed)[..8]);
        Self::new(seed, number)
    }

    /// The key number in hex: the name of the public key's file in a key directory.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.number)
    }

    /// The text of the public key's file.
    pub fn public_text(&self, comment: &str) -> String {
        encode(comment, &self.number, self.key.verifying_key().as_bytes())
    }

    /// The text of a signature's file.
    pub fn sign(&self, message: &[u8]) -> String {
        let comment = format!("signed by key {}", self.fingerprint());
        encode(&comment, &self.number, &self.key.sign(message).to_bytes())
    }

    /// The text of the secret key's file: only what [`SecretKey::parse`] reads back.
    pub fn secret_text(&self, comment: &str) -> String {
        encode(comment, &self.number, self.key.as_bytes())
    }

    /// Reads what [`SecretKey::secret_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, seed) = decode::<32>(text)?;
        Some(Self::new(seed, number))
    }
}

/// A key that checks signatures.
pub struct PublicKey {
    number: [u8; 8],
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads a public key's file.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, key) = decode::<32>(text)?;
        let key = VerifyingKey::from_bytes(&key).ok()?;
        Some(Self { number, key })
    }

    /// The key number in hex.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.number)
    }

    /// Whether `signature`, the text of its file, is this key's for `message`. The key number is
    /// not compared, as usign does not with `-p`.
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        decode::<64>(signature).is_some_and(|(_, bytes)| {
            let signature = Signature::from_bytes(&bytes);
            self.key.verify_strict(message, &signature).is_ok()
        })
    }
}

/// Whether `signature` is by a key of the directory `keys`, found by its fingerprint.
pub fn verify_with_directory(keys: &Path, message: &[u8], signature: &str) -> bool {
    decode::<64>(signature)
        .and_then(|(number, _)| std::fs::read_to_string(keys.join(hex::encode(number))).ok())
        .and_then(|text| PublicKey::parse(&text))
        .is_some_and(|key| key.verify(message, signature))
}

fn encode(comment: &str, number: &[u8; 8], payload: &[u8]) -> String {
    let bytes = [ALGORITHM, &number[..], payload].concat();
    format!("untrusted comment: {comment}\n{}\n", STANDARD.encode(bytes))
}

/// Key number and payload of a file whose payload has exactly `N` bytes.
fn decode<const N: usize>(text: &str) -> Option<([u8; 8], [u8; N])> {
    let (comment, rest) = text.split_once('\n')?;
    let line = rest.strip_suffix('\n').unwrap_or(rest).trim_end_matches('\r');
    if !comment.starts_with("untrusted comment: ") {
        return None;
    }
    let bytes = STANDARD.decode(line).ok()?;
    let (number, payload) = bytes.strip_prefix(ALGORITHM)?.split_at_checked(8)?;
    Some((number.try_into().ok()?, payload.try_into().ok()?))
}
