//! Keys that sign databases: ECDSA on P-256 over SHA-512.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use sha2::{Digest as _, Sha256, Sha512};

/// The version of the signature's form, and the number apk has for SHA-512.
const FORM: [u8; 2] = [0, 4];

/// A key that signs.
pub struct Key(SigningKey);

impl Key {
    /// The key that a sentence stands for. Everybody who knows the sentence has it: for tests only.
    pub fn of(sentence: &str) -> Self {
        let mut seed = Sha256::digest(sentence);
        // All but one in four billion digests are keys; then the next one is.
        loop {
            if let Ok(key) = SigningKey::from_slice(&seed) {
                return Self(key);
            }
            seed = Sha256::digest(seed);
        }
    }

    /// The public half, as it lies in `/etc/apk/keys`.
    pub fn public_pem(&self) -> String {
        let pem = self.0.verifying_key().to_public_key_pem(LineEnding::LF);
        // A key of a named curve always has a form in PEM.
        pem.unwrap_or_default()
    }

    /// The payload of a signature block: its form, the key's id, and an ECDSA signature in DER.
    ///
    /// The same data get the same signature (RFC 6979), other than by apk itself.
    pub(crate) fn sign(&self, schema: [u8; 4], data: &[u8]) -> Vec<u8> {
        let header = [&FORM[..], &self.id()].concat();
        let digest = Sha512::new()
            .chain_update(schema)
            .chain_update(&header)
            .chain_update(Sha512::digest(data))
            .finalize();
        let signature: Result<Signature, _> = self.0.sign_prehash(&digest);
        // Only digests of less than half a key's length are refused.
        let signature = signature.map(|signature| signature.to_der().as_bytes().to_vec());
        [header, signature.unwrap_or_default()].concat()
    }

    /// The first 16 bytes of the digest of the public point.
    fn id(&self) -> [u8; 16] {
        let point = self.0.verifying_key().to_encoded_point(false);
        let mut id = [0; 16];
        id.copy_from_slice(&Sha512::digest(point)[..16]);
        id
    }
}
