//! The image to flash, and what was found out about it.

use core::ffi::CStr;

use asu_rpcd_plugin::{Identity, Single, Status, exists, remove};

use crate::why::Why;

/// Where the browser uploads the image to.
pub(crate) const PATH: &CStr = c"/tmp/firmware.bin";

/// What `sysupgrade` says; it is there from the start of an upgrade until sysupgrade gives up.
pub(crate) const LOG: &CStr = c"/tmp/attendedsysupgrade.log";

/// The file that the findings are about.
static IMAGE: Single<Identity> = Single::new(Identity::NONE);

/// What was found out about it: the bits below.
static FINDINGS: Single<u8> = Single::new(0);

/// Its SHA-256, and its signature if one was asked for, are as expected.
pub(crate) const VERIFIED: u8 = 16;
/// The router's own check had a result.
pub(crate) const TESTED: u8 = 8;
/// The router's own check accepts it. Between this and the last the check says whether it would
/// accept force, which nobody asks.
pub(crate) const VALID: u8 = 2;
/// Settings can be kept.
pub(crate) const ALLOWS_BACKUP: u8 = 1;

/// What is known of the file that is there now, from now on without `less`.
pub(crate) fn findings(less: u8) -> Result<u8, Why> {
    change(less, 0)
}

/// Adds findings about the file that [`findings`] saw last, if it is still that.
pub(crate) fn add(more: u8) -> Result<u8, Why> {
    change(0, more)
}

/// A new upload is another file and makes all findings worthless without anybody having to say so.
#[inline(never)]
fn change(less: u8, more: u8) -> Result<u8, Why> {
    let why = if more == 0 {
        Why::Missing
    } else {
        Why::Changed
    };
    let now = Identity::of(PATH).ok_or(why)?;
    if IMAGE.get() != now {
        IMAGE.set(now);
        FINDINGS.set(0);
        if more != 0 {
            return Err(why);
        }
    }
    let known = FINDINGS.get() & !less | more;
    FINDINGS.set(known);
    Ok(known)
}

/// Removes the image.
pub(crate) fn clean() -> Result<(), Status> {
    forget();
    remove(PATH)
}

/// Forgets all findings.
pub(crate) fn forget() {
    IMAGE.set(Identity::NONE);
}

/// How far an upgrade has come.
pub(crate) fn status() -> &'static [u8] {
    if exists(LOG) {
        return b"flashing";
    }
    match findings(0) {
        Err(_) => b"idle",
        Ok(known) if known & VERIFIED != 0 => b"verified",
        Ok(_) => b"uploading",
    }
}
