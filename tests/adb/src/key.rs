//! Keys that sign databases: ECDSA on P-256 over SHA-512.

use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    LineEnding,
};
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

    /// The secret half in PEM, as PKCS#8.
    pub fn secret_pem(&self) -> String {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.to_string()).unwrap_or_default()
    }

    /// Reads what [`Key::secret_pem`] wrote; lines before it are passed over.
    pub fn parse_secret(pem: &str) -> Option<Self> {
        SigningKey::from_pkcs8_pem(armour(pem)?).ok().map(Self)
    }

    /// The payload of a signature block: its form, the key's id, and an ECDSA signature in DER.
    ///
    /// The same data get the same signature (RFC 6979), other than by apk itself.
    pub(crate) fn sign(&self, schema: [u8; 4], data: &[u8]) -> Vec<u8> {
        let header = [&FORM[..], &self.id()].concat();
        let digest = signed(schema, &header, data);
        let signature: Result<Signature, _> = self.0.sign_prehash(&digest);
        // Only digests of less than half a key's length are refused.
        let signature = signature.map(|signature| signature.to_der().as_bytes().to_vec());
        [header, signature.unwrap_or_default()].concat()
    }

    fn id(&self) -> [u8; 16] {
        id(self.0.verifying_key())
    }
}

/// A key that checks signatures.
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key as it lies in `/etc/apk/keys`; lines before it are passed over.
    pub fn parse(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(armour(pem)?)
            .ok()
            .map(Self)
    }

    /// Whether the payload of a signature block is this key's for the data.
    pub(crate) fn verifies(&self, schema: [u8; 4], data: &[u8], block: &[u8]) -> bool {
        let Some((header, signature)) = block.split_at_checked(FORM.len() + 16) else {
            return false;
        };
        let is_ours = header == [&FORM[..], &id(&self.0)].concat();
        let signature = Signature::from_der(signature);
        is_ours
            && signature.is_ok_and(|signature| {
                let digest = signed(schema, header, data);
                self.0.verify_prehash(&digest, &signature).is_ok()
            })
    }
}

/// What comes after comments.
fn armour(pem: &str) -> Option<&str> {
    pem.get(pem.find("-----BEGIN")?..)
}

/// What is signed in place of the data.
fn signed(schema: [u8; 4], header: &[u8], data: &[u8]) -> Vec<u8> {
    Sha512::new()
        .chain_update(schema)
        .chain_update(header)
        .chain_update(Sha512::digest(data))
        .finalize()
        .to_vec()
}

/// The first 16 bytes of the digest of the public point.
fn id(key: &VerifyingKey) -> [u8; 16] {
    let point = key.to_encoded_point(false);
    let mut id = [0; 16];
    id.copy_from_slice(&Sha512::digest(point)[..16]);
    id
}
