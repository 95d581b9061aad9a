//! Secret keys in the form of `usign` (and of OpenBSD's `signify` without a passphrase).
//!
//! Hand-written for the same reason as the public half in `asu_index::usign`: what usign writes and
//! accepts differs from what crates for signify do.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

const ALGORITHM: &[u8; 2] = b"Ed";
/// The only way of encrypting secret keys there is.
const KDF: &[u8; 2] = b"BK";
/// Bytes of a secret key, as `fixtures/usign` has them: algorithm, KDF, rounds (big endian), salt,
/// checksum, number, seed and public key.
const LENGTH: usize = 2 + 2 + 4 + 16 + 8 + 8 + 64;
const SALT: usize = 16;

/// A text that is not a secret key this program can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretKey {
    /// It has another form.
    #[error("this is not a usign secret key")]
    Form,
    /// It is encrypted.
    #[error("the key is protected by a passphrase; use one without (signify -G -n makes such)")]
    Encrypted,
    /// Checksum, seed and public key do not belong together.
    #[error("the key is damaged: its checksum does not fit; restore it from a copy")]
    Damaged,
}

/// An Ed25519 key that signs, with its number. Its bytes are wiped from memory when it is dropped.
pub struct SecretKey {
    number: [u8; 8],
    key: SigningKey,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, …)", self.fingerprint())
    }
}

impl SecretKey {
    /// A new key from the system's random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        let mut number = [0; 8];
        getrandom::fill(seed.as_mut())?;
        getrandom::fill(&mut number)?;
        Ok(Self::new(&seed, number))
    }

    /// The key with this seed and number.
    pub fn new(seed: &[u8; 32], number: [u8; 8]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { number, key }
    }

    /// The key's number in hex: the name of the public key's file in a folder of trusted keys.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.number)
    }

    /// The text of the public key's file.
    pub fn public_text(&self, comment: &str) -> String {
        let public = self.key.verifying_key();
        encode(comment, &[ALGORITHM, &self.number, public.as_bytes()])
    }

    /// The text of the secret key's file. `salt` is of no use without a passphrase, but has its place.
    pub fn secret_text(&self, comment: &str, salt: [u8; SALT]) -> Zeroizing<String> {
        let pair = Zeroizing::new(self.key.to_keypair_bytes());
        let checksum = Sha512::digest(pair.as_slice());
        let (head, rounds) = ([*ALGORITHM, *KDF].concat(), [0; 4]);
        let parts: [&[u8]; 6] = [
            &head,
            &rounds,
            &salt,
            &checksum[..8],
            &self.number,
            pair.as_slice(),
        ];
        Zeroizing::new(encode(comment, &parts))
    }

    /// The text of the signature's file for `message`. The same message has the same signature.
    pub fn sign(&self, message: &[u8]) -> String {
        let comment = format!("signed by key {}", self.fingerprint());
        let signature = self.key.sign(message).to_bytes();
        encode(&comment, &[ALGORITHM, &self.number, &signature])
    }
}

impl FromStr for SecretKey {
    type Err = InvalidSecretKey;

    fn from_str(text: &str) -> Result<Self, InvalidSecretKey> {
        let (_comment, line) = text.split_once('\n').ok_or(InvalidSecretKey::Form)?;
        let bytes = STANDARD.decode(line.trim_end());
        let bytes = Zeroizing::new(bytes.map_err(|_| InvalidSecretKey::Form)?);
        read(&bytes)
    }
}

fn read(bytes: &[u8]) -> Result<SecretKey, InvalidSecretKey> {
    let rest = bytes.strip_prefix(ALGORITHM);
    let rest = rest.and_then(|rest| rest.strip_prefix(KDF));
    let rest = rest.filter(|_| bytes.len() == LENGTH);
    let (rounds, rest) = rest
        .and_then(<[u8]>::split_first_chunk::<4>)
        .ok_or(InvalidSecretKey::Form)?;
    if *rounds != [0; 4] {
        return Err(InvalidSecretKey::Encrypted);
    }
    let (checksum, rest) = rest[SALT..]
        .split_first_chunk::<8>()
        .ok_or(InvalidSecretKey::Form)?;
    let (number, pair) = rest
        .split_first_chunk::<8>()
        .ok_or(InvalidSecretKey::Form)?;
    let pair: &[u8; 64] = pair.try_into().map_err(|_| InvalidSecretKey::Form)?;
    if Sha512::digest(pair)[..8] != checksum[..] {
        return Err(InvalidSecretKey::Damaged);
    }
    let key = SigningKey::from_keypair_bytes(pair).map_err(|_| InvalidSecretKey::Damaged)?;
    let number = *number;
    Ok(SecretKey { number, key })
}

fn encode(comment: &str, parts: &[&[u8]]) -> String {
    let bytes = Zeroizing::new(parts.concat());
    let line = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
    format!("untrusted comment: {comment}\n{}\n", *line)
}
