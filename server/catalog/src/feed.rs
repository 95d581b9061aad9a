//! One feed's package index, with all that planning needs.

use std::borrow::Cow;
use std::sync::Arc;

use asu_index::{Package, adb, opkg};

/// How apk's index is called in every feed.
pub(crate) const APK: &str = "packages.adb";

/// Largest unpacked `Packages` accepted, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// The packages of one feed.
pub(crate) type Feed = Vec<Arc<Package>>;

/// Reads an index of the form its file name tells.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Result<Feed, String> {
    Ok(read(path, bytes)?.into_iter().map(Arc::new).collect())
}

/// The packages of an index.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Package>, String> {
    if path.ends_with(APK) {
        let database = adb::Database::open(bytes).map_err(|error| error.to_string())?;
        return database.packages().map_err(|error| error.to_string());
    }
    let text = unpacked(path, bytes)?;
    let reading = opkg::read(&text).map_err(|error| error.to_string())?;
    if !reading.is_whole() {
        return Err("it ends in the middle of a line".to_owned());
    }
    Ok(reading.packages)
}

/// The text of `Packages`, unpacked if it is `Packages.gz`.
pub(crate) fn unpacked<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    if path.ends_with("/Packages.gz") {
        opkg::unpack(bytes, MAX_BYTES)
            .map(Cow::Owned)
            .map_err(|error| error.to_string())
    } else {
        Ok(Cow::Borrowed(bytes))
    }
}
