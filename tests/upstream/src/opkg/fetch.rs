//! Gets files of feeds, over HTTP or from a folder.

use std::path::Path;

/// Longest wait for a server, seconds.
const TIMEOUT: u64 = 60;

/// Why a file could not be had, as opkg words it after ` * `.
pub(super) type Reason = String;

/// The file at `url`: `http://…`, `file:/path` or `file:path` relative to the current folder.
pub(super) fn get(url: &str) -> Result<Vec<u8>, Reason> {
    match url.strip_prefix("file:") {
        Some(path) => read(path),
        None => download(url),
    }
}

fn read(path: &str) -> Result<Vec<u8>, Reason> {
    let path = path.strip_prefix("//").unwrap_or(path);
    std::fs::read(Path::new(path))
        .map_err(|_| format!("copy_file: {path}: No such file or directory."))
}

fn download(url: &str) -> Result<Vec<u8>, Reason> {
    // The exit codes of wget, which opkg reports: 8 for an answer that is an error, 4 for none.
    let failed = |code| format!("opkg_download: Failed to download {url}, wget returned {code}.");
    let answer = minreq::get(url)
        .with_timeout(TIMEOUT)
        .send()
        .map_err(|_| failed(4))?;
    if answer.status_code == 200 {
        Ok(answer.into_bytes())
    } else {
        Err(failed(8))
    }
}
