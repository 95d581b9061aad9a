//! Signatures of a database: ECDSA on the curve P-256, over SHA-512 digests.

use std::fmt;
use std::str::FromStr;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256, Sha512};

use super::{AdbError, Database};

/// What names a key: the first 16 bytes of the SHA-512 of its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A key that may sign databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: VerifyingKey,
}

/// A text that is no key of a kind OpenWrt signs with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not the public key of an apk repository ({0}); it must be a P-256 key in PEM form, \
     beginning with -----BEGIN PUBLIC KEY-----"
)]
pub struct InvalidKey(String);

impl FromStr for PublicKey {
    type Err = InvalidKey;

    /// Reads PEM, as it lies in `/etc/apk/keys`.
    fn from_str(pem: &str) -> Result<Self, InvalidKey> {
        let key = VerifyingKey::from_public_key_pem(pem);
        let key = key.map_err(|error| InvalidKey(error.to_string()))?;
        let digest = Sha512::digest(key.to_encoded_point(false));
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        let id = KeyId(id);
        Ok(Self { id, key })
    }
}

impl PublicKey {
    /// The name by which signatures refer to the key.
    pub fn id(&self) -> KeyId {
        self.id
    }
}

/// Why a database is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// Nobody signed it, or in no way that is known here.
    #[error("it is not signed")]
    Unsigned,
    /// It is signed, but by none of the keys given.
    #[error("it is signed with the unknown key {0}; is that the mirror's key of today?")]
    UnknownKey(KeyId),
    /// A known key is named, but it did not sign these data.
    #[error(
        "its signature does not fit: it was changed after it was signed with the key {0}, or damaged \
         on its way"
    )]
    Broken(KeyId),
    /// It is no database.
    #[error(transparent)]
    Unreadable(#[from] AdbError),
}

/// A signature block: version, hash algorithm, key, signature.
struct Block<'a> {
    /// Everything before the signature, which is signed, too.
    header: &'a [u8; 18],
    id: KeyId,
    signature: &'a [u8],
}

/// Opens a file and verifies it, see [`Database::verify`].
pub fn verify(file: &[u8], keys: &[PublicKey]) -> Result<(), SignatureError> {
    Database::open(file)?.verify(keys)
}

impl Database {
    /// Whether one of the keys signed the data; one good signature is enough, as for apk.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<(), SignatureError> {
        let mut reason = SignatureError::Unsigned;
        for block in self.signatures().filter_map(Block::read) {
            let mut named = keys.iter().filter(|key| key.id == block.id).peekable();
            if named.peek().is_none() {
                if !matches!(reason, SignatureError::Broken(_)) {
                    reason = SignatureError::UnknownKey(block.id);
                }
                continue;
            }
            if named.any(|key| self.is_signed(key, &block)) {
                return Ok(());
            }
            reason = SignatureError::Broken(block.id);
        }
        Err(reason)
    }

    fn is_signed(&self, key: &PublicKey, block: &Block<'_>) -> bool {
        let Some(digest) = digest(block.header[1], self.data()) else {
            return false;
        };
        let signed = Sha512::new()
            .chain_update(self.schema())
            .chain_update(block.header)
            .chain_update(digest)
            .finalize();
        let signature = Signature::from_der(block.signature);
        signature.is_ok_and(|signature| key.key.verify_prehash(&signed, &signature).is_ok())
    }
}

/// The digest of the data by apk's number of the algorithm.
fn digest(algorithm: u8, data: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        3 => Some(Sha256::digest(data).to_vec()),
        4 => Some(Sha512::digest(data).to_vec()),
        // Shortened to the length of SHA-1.
        5 => Some(Sha256::digest(data)[..20].to_vec()),
        _ => None,
    }
}

impl<'a> Block<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, signature) = bytes.split_first_chunk::<18>()?;
        let id = KeyId(*header[2..].first_chunk()?);
        let is_known = header[0] == 0;
        is_known.then_some(Self {
            header,
            id,
            signature,
        })
    }
}
