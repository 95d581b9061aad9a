//! Gets files of feeds, over HTTP or from a folder.

use std::io::ErrorKind;

/// Longest wait for a server, seconds.
const TIMEOUT: u64 = 60;

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such file on this machine.
    Absent,
    /// The server answered something else: the status and its words.
    Answer(i32, String),
    /// Nobody listens there.
    Refused,
    /// The server was not reached for another reason, or was cut off.
    Network,
}

/// The file at `url`: `http://…`, `file:/path` or `file:path` relative to the current folder.
pub(crate) fn get(url: &str) -> Result<Vec<u8>, Failure> {
    match path(url) {
        Some(path) => std::fs::read(path).map_err(|_| Failure::Absent),
        None => download(url),
    }
}

/// The path of a `file:` address, or of one that is a path.
pub(crate) fn path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("file:");
    let path = path.or_else(|| url.starts_with('/').then_some(url))?;
    Some(path.strip_prefix("//").unwrap_or(path))
}

fn download(url: &str) -> Result<Vec<u8>, Failure> {
    let answer = minreq::get(url).with_timeout(TIMEOUT).send();
    let answer = answer.map_err(|error| match error {
        minreq::Error::IoError(error) if error.kind() == ErrorKind::ConnectionRefused => {
            Failure::Refused
        }
        _ => Failure::Network,
    })?;
    if answer.status_code == 200 {
        Ok(answer.into_bytes())
    } else {
        Err(Failure::Answer(answer.status_code, answer.reason_phrase))
    }
}
