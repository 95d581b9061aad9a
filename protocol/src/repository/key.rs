use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::name::InvalidName;

/// Longest public key, bytes; one of RSA with 8192 bits has about 1060.
const MAX_KEY: usize = 2048;
/// What a line of PEM holds (RFC 7468).
const PEM_LINE: usize = 64;
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// A public key that signs a feed: usign's for opkg, in PEM for apk.
///
/// A usign key may come with its comment line or without. Only its form is checked here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RepositoryKey {
    /// The second line of a usign key file: base64 of `Ed`, number and key.
    Usign(KeyText),
    /// A whole PEM file, lines of 64 characters, each with its end.
    Pem(KeyText),
}

/// The text of a [`RepositoryKey`], made by it alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyText(String);

impl KeyText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RepositoryKey {
    type Error = InvalidName;

    fn try_from(given: String) -> Result<Self, InvalidName> {
        let text = given.trim();
        let read = match text.strip_prefix(PEM_BEGIN) {
            Some(rest) => pem(rest).map(KeyText).map(Self::Pem),
            None => usign(text).map(KeyText).map(Self::Usign),
        };
        let reason = "a usign key (base64) or a public key in PEM form is expected";
        read.ok_or_else(|| InvalidName::new("repository key", given, reason))
    }
}

impl From<RepositoryKey> for String {
    fn from(key: RepositoryKey) -> String {
        match key {
            RepositoryKey::Usign(text) | RepositoryKey::Pem(text) => text.0,
        }
    }
}

fn usign(text: &str) -> Option<String> {
    let base64 = match text.split_once('\n') {
        Some((comment, rest)) if comment.starts_with("untrusted comment:") => rest.trim(),
        Some(_) => return None,
        None => text,
    };
    let bytes = decoded(base64)?;
    (bytes.len() == 42 && bytes.starts_with(b"Ed")).then(|| STANDARD.encode(bytes))
}

fn pem(rest: &str) -> Option<String> {
    let lines = rest.strip_suffix(PEM_END)?;
    let base64: String = lines.split_ascii_whitespace().collect();
    let der = decoded(&base64).filter(|der| is_sequence(der))?;
    let mut text = format!("{PEM_BEGIN}\n");
    for line in STANDARD.encode(der).as_bytes().chunks(PEM_LINE) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    Some(text + PEM_END + "\n")
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(base64).ok()?;
    (bytes.len() <= MAX_KEY).then_some(bytes)
}

/// Whether it is one whole SEQUENCE of DER, as every public key is (X.690, 8.1.3).
fn is_sequence(der: &[u8]) -> bool {
    match *der {
        [0x30, length, ref rest @ ..] if length < 0x80 => rest.len() == usize::from(length),
        [0x30, 0x81, length, ref rest @ ..] => rest.len() == usize::from(length),
        [0x30, 0x82, high, low, ref rest @ ..] => {
            rest.len() == usize::from(u16::from_be_bytes([high, low]))
        }
        _ => false,
    }
}
