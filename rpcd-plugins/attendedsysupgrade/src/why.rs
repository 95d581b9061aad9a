//! Why something was not done, for a person.

use asu_rpcd_plugin::Names;

/// Why a method was not carried out, in the order of the texts below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Why {
    Missing,
    Busy,
    NoTool,
    NoCheck,
    NoShell,
    NoSum,
    Unsigned,
    Changed,
    Different,
    NotVerified,
    NotTested,
    NotValid,
    NoBackup,
    NoResult,
    Missing2017,
    /// The call makes no sense: a status without reply.
    Invalid,
    /// rpcd could not run a command it should have: likewise.
    Failed,
}

const TEXTS: Names = Names::new(
    b"No image at /tmp/firmware.bin. Upload one first.\0\
    The router is busy. Try again in a minute.\0\
    Cannot verify: /bin/busybox or /usr/bin/usign is missing.\0\
    Cannot test: /usr/libexec/validate_firmware_image is missing.\0\
    /bin/sh is missing.\0\
    The SHA-256 could not be computed in time. Try again.\0\
    No key in /etc/opkg/keys made this signature.\0\
    The image changed meanwhile. Upload it again.\0\
    The image has another SHA-256. Upload it again.\0\
    The image is not verified. Verify it, or use force.\0\
    The image is not tested. Test it, or use force.\0\
    The router's check refuses the image. Use another one, or force.\0\
    The image cannot keep settings. Start without them.\0\
    The router's check had no result in time.\0\
    could not find /tmp/sysupgrade.bin\0\0",
);

impl Why {
    /// The text.
    pub(crate) fn text(self) -> &'static [u8] {
        let mut texts = TEXTS;
        texts.nth(self as usize).unwrap_or_default().to_bytes()
    }
}
