//! `start`: flashes the image; and `sysupgrade`, as clients of 2017 start it.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Names, Output, Word, exists};

use crate::image::{self, ALLOWS_BACKUP, PATH, TESTED, VALID, VERIFIED};
use crate::why::Why;
use crate::{LEGACY, START, run};

/// Runs sysupgrade on `$1` with the options `$2` and `$3`, in the background: the second is for the
/// reply to leave before the router goes down. The log is there from before the reply and while it
/// runs; if it refuses, what it said can be read in the old log.
const COMMAND: Names = Names::new(
    b"/bin/sh\0-c\0l=/tmp/attendedsysupgrade.log;>$l;(sleep 1;/sbin/sysupgrade $2 $3 \"$1\"||mv $l $l.old)</dev/null >$l 2>&1 &\0sh\0\0",
);

/// Where clients of 2017 upload the image to.
const PATH_2017: &CStr = c"/tmp/sysupgrade.bin";

/// `-n`: settings are not kept.
const DROP_SETTINGS: u8 = 1;
/// `-F`: the check of sysupgrade itself may fail.
const SKIP_CHECK: u8 = 2;

pub(crate) fn start(call: &mut Call<'_>) -> Result<(), Why> {
    let arguments = call.arguments();
    // Settings are lost or kept by decision, never by default: `keep` has to be there.
    let keep = arguments.boolean(b"keep").ok_or(Why::Invalid)?;
    let force = arguments.boolean(b"force").unwrap_or(false);
    let options = decide(keep, force, image::findings(0)?)?;
    launch(call, START, PATH, options)
}

/// `sysupgrade {keep_settings}`: no checks but those of sysupgrade itself, as it was.
pub(crate) fn start_2017(call: &mut Call<'_>) -> Result<(), Why> {
    if !exists(PATH_2017) {
        return Err(Why::Missing2017);
    }
    let keep = call.arguments().boolean(b"keep_settings").unwrap_or(true);
    launch(call, LEGACY, PATH_2017, u8::from(!keep))
}

/// The options to flash with, or why not.
fn decide(keep: bool, force: bool, known: u8) -> Result<u8, Why> {
    let has = |bit: u8| known & bit != 0;
    if !force {
        if !has(VERIFIED) {
            return Err(Why::NotVerified);
        }
        if !has(TESTED) {
            return Err(Why::NotTested);
        }
        if !has(VALID) {
            return Err(Why::NotValid);
        }
    }
    if keep && has(TESTED) && !has(ALLOWS_BACKUP) {
        return Err(Why::NoBackup);
    }
    let skip = if has(VALID) { 0 } else { SKIP_CHECK };
    Ok(skip | if keep { 0 } else { DROP_SETTINGS })
}

fn launch(call: &mut Call<'_>, method: usize, path: &'static CStr, options: u8) -> Result<(), Why> {
    let option = |bit: u8, text| Word::new(if options & bit == 0 { c"" } else { text });
    let words = [
        Word::new(path),
        option(DROP_SETTINGS, c"-n"),
        option(SKIP_CHECK, c"-F"),
    ];
    run(call, method, COMMAND, &words)
}

/// The shell has ended, and sysupgrade runs.
pub(crate) fn done(output: &Output<'_>, method: usize) -> Result<(), Why> {
    if !output.success {
        return Err(Why::NoShell);
    }
    if method == START {
        // What was allowed once is used up: a second click starts no second upgrade.
        image::forget();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
