//! Who may sign a distribution's `sha256sums` and package indexes.

use serde::Deserialize;

use crate::schema::At;

/// The public keys of a distribution.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseKeys {
    /// Keys that sign `sha256sums` and opkg's `Packages`.
    #[serde(default)]
    pub usign: Vec<UsignKey>,
    /// Keys that sign apk's `packages.adb`.
    #[serde(default)]
    pub apk: Vec<ApkKey>,
}

/// A usign public key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsignKey {
    /// The second line of the key file: base64 of `Ed`, key number and Ed25519 public key.
    pub key: At<String>,
    /// The rest of the key file's first line.
    pub comment: Option<String>,
    /// The branches it signs for; all if none is named.
    #[serde(default)]
    pub branches: Vec<At<String>>,
}

/// A public key of apk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApkKey {
    /// Its file name below `/etc/apk/keys`: `libremesh.pem`.
    pub name: At<String>,
    /// The file: a public key in PEM.
    pub pem: At<String>,
    /// The branches it signs for; all if none is named.
    #[serde(default)]
    pub branches: Vec<At<String>>,
}

impl UsignKey {
    /// The key number in hexadecimal, which is also the key file's name: `a71b3c8285abd28b`.
    ///
    /// `None` if the text is not a usign public key; a loaded distribution has none such.
    pub fn fingerprint(&self) -> Option<String> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&self.key.value)
            .ok()?;
        let is_key = bytes.len() == 42 && bytes.starts_with(b"Ed");
        is_key.then(|| hex::encode(&bytes[2..10]))
    }

    /// The key file.
    pub fn file(&self) -> String {
        let comment = self.comment.as_deref().unwrap_or("public key");
        format!("untrusted comment: {comment}\n{}\n", self.key.value)
    }
}

impl ApkKey {
    /// Whether the text has the frame of a public key in PEM around base64.
    pub(crate) fn looks_like_pem(&self) -> bool {
        use base64::Engine as _;
        let body = self
            .pem
            .value
            .trim()
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"));
        body.is_some_and(|body| {
            let joined: String = body.split_whitespace().collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(joined);
            decoded.is_ok_and(|bytes| !bytes.is_empty())
        })
    }
}
