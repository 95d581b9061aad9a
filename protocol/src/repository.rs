//! Package feeds a request brings along, and the keys that sign them.
//!
//! All of it ends in files that opkg, apk, wget and a shell's `make` read, each in its own way. So
//! only what all of them read alike is accepted; a library for URLs accepts, and repairs, far more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv6Addr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::name::{InvalidName, RepositoryName};

/// Most feeds, and most keys, in a request.
pub const MAX_REPOSITORIES: usize = 32;
/// Longest URL of a feed, characters.
const MAX_URL: usize = 512;
/// Longest public key, bytes; one of RSA with 8192 bits has about 1060.
const MAX_KEY: usize = 2048;
/// What a line of PEM holds (RFC 7468).
const PEM_LINE: usize = 64;
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// The URL of a feed's folder, in one form: `https://feeds.example/24.10/mine`.
///
/// Scheme and host are in lower case, the scheme's own port and a slash at the end are left out.
/// User names, `%`, `?`, `#`, `\`, and empty, `.` and `..` parts of the path are refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryUrl(String);

impl RepositoryUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this folder or lies below it, on the same host and port.
    pub fn covers(&self, other: &Self) -> bool {
        let rest = other.0.strip_prefix(&self.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl TryFrom<String> for RepositoryUrl {
    type Error = InvalidName;

    fn try_from(given: String) -> Result<Self, InvalidName> {
        match normal_url(&given) {
            Ok(url) => Ok(Self(url)),
            Err(reason) => Err(InvalidName::new("repository URL", given, reason)),
        }
    }
}

impl std::str::FromStr for RepositoryUrl {
    type Err = InvalidName;

    fn from_str(given: &str) -> Result<Self, InvalidName> {
        Self::try_from(given.to_owned())
    }
}

impl From<RepositoryUrl> for String {
    fn from(url: RepositoryUrl) -> String {
        url.0
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn normal_url(given: &str) -> Result<String, &'static str> {
    if given.len() > MAX_URL {
        return Err("at most 512 characters are allowed");
    }
    let (scheme, rest) = given
        .split_once("://")
        .ok_or("it begins with http:// or https://")?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return Err("it begins with http:// or https://"),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = host_and_port(authority)?;
    let port = port.filter(|port| *port != own_port);
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let path = path.trim_end_matches('/');
    check_path(path)?;
    let slash = if path.is_empty() { "" } else { "/" };
    Ok(format!("{scheme}://{host}{port}{slash}{path}"))
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match authority.rsplit_once(':') {
        // The last colon of an IPv6 address alone is inside its brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let number = |port: &str| match port.parse() {
        Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => Ok(number),
        _ => Err("its port is a number from 1 to 65535"),
    };
    Ok((normal_host(host)?, port.map(number).transpose()?))
}

fn normal_host(host: &str) -> Result<String, &'static str> {
    const REASON: &str =
        "its host is a name in letters, digits, - and . or an address, without a user name";
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(REASON)?;
        let address: Ipv6Addr = address.parse().map_err(|_| REASON)?;
        return Ok(format!("[{address}]"));
    }
    let part = |part: &str| {
        let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !part.is_empty() && part.len() <= 63 && letters && !part.starts_with('-')
    };
    if host.split('.').all(part) {
        Ok(host.to_ascii_lowercase())
    } else {
        Err(REASON)
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._~+@=,:-/".contains(&b);
    if !path.bytes().all(allowed) {
        return Err("its path may have letters, digits and . _ ~ + @ = , : - /");
    }
    let odd = |part: &str| matches!(part, "" | "." | "..");
    if !path.is_empty() && path.split('/').any(odd) {
        return Err("its path has no empty part and no part . or ..");
    }
    Ok(())
}

/// The feeds of a request, by name; at most [`MAX_REPOSITORIES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<RepositoryName, RepositoryUrl>")]
pub struct Repositories(BTreeMap<RepositoryName, RepositoryUrl>);

impl Repositories {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each feed, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&RepositoryName, &RepositoryUrl)> {
        self.0.iter()
    }
}

impl TryFrom<BTreeMap<RepositoryName, RepositoryUrl>> for Repositories {
    type Error = &'static str;

    fn try_from(feeds: BTreeMap<RepositoryName, RepositoryUrl>) -> Result<Self, &'static str> {
        if feeds.len() > MAX_REPOSITORIES {
            return Err("at most 32 repositories are allowed");
        }
        Ok(Self(feeds))
    }
}

/// What becomes of upstream's feeds where a request brings its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepositoriesMode {
    /// The request's feeds come besides upstream's.
    Append,
    /// The request's feeds take the place of upstream's; the ImageBuilder's own packages stay.
    #[default]
    Replace,
}

impl RepositoriesMode {
    /// Whether it is what a request has that says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

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

/// The keys of a request's feeds, sorted and each once; at most [`MAX_REPOSITORIES`] are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<RepositoryKey>")]
pub struct RepositoryKeys(BTreeSet<RepositoryKey>);

impl RepositoryKeys {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each key.
    pub fn iter(&self) -> impl Iterator<Item = &RepositoryKey> {
        self.0.iter()
    }
}

impl TryFrom<Vec<RepositoryKey>> for RepositoryKeys {
    type Error = &'static str;

    fn try_from(keys: Vec<RepositoryKey>) -> Result<Self, &'static str> {
        if keys.len() > MAX_REPOSITORIES {
            return Err("at most 32 repository keys are allowed");
        }
        Ok(Self(keys.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests;
