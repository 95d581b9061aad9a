use std::fmt;
use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use crate::name::InvalidName;

/// Longest URL of a feed, characters.
const MAX_URL: usize = 512;

/// The URL of a feed's folder, in one form: `https://feeds.example/24.10/mine`.
///
/// Scheme and host are in lower case, the scheme's own port and a slash at the end are left out.
/// User names, `%`, `?`, `#`, `\`, and empty, `.` and `..` parts of the path are refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(max_length = 512, examples("https://feeds.example/24.10/mine"))
)]
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
