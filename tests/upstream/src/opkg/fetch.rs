//! Files of feeds, and how opkg words that they cannot be had.

use crate::fetch::{self, Failure};

/// Why a file could not be had, as opkg words it after ` * `.
pub(super) type Reason = String;

/// The file at `url`, see [`fetch::get`].
pub(super) fn get(url: &str) -> Result<Vec<u8>, Reason> {
    // The exit codes of wget, which opkg reports: 8 for an answer that is an error, 4 for none.
    let failed = |code| format!("opkg_download: Failed to download {url}, wget returned {code}.");
    fetch::get(url).map_err(|failure| match (failure, fetch::path(url)) {
        (_, Some(path)) => format!("copy_file: {path}: No such file or directory."),
        (Failure::Answer(..), None) => failed(8),
        (_, None) => failed(4),
    })
}
