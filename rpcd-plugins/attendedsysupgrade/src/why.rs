//! Why something was not done, for a person.

use asu_rpcd_plugin::{Names, Status};

/// Why a method was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The call makes no sense: a status without reply.
    Call(Status),
    /// It is not possible now: told in the reply.
    State(Why),
}

/// The causes, in the order of their texts below.
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
    Missing2017,
}

const TEXTS: Names = Names::new(
    b"No image at /tmp/firmware.bin. Upload one first.\0\
    The router is busy with another check. Try again in a minute.\0\
    Cannot verify: /bin/busybox or /usr/bin/usign is missing.\0\
    Cannot test: /usr/libexec/validate_firmware_image is missing.\0\
    Cannot start: /bin/sh is missing.\0\
    The SHA-256 could not be computed in time. Try again.\0\
    No key in /etc/opkg/keys has made this signature of the image.\0\
    The image changed meanwhile. Upload it again.\0\
    The image has another SHA-256. Upload it again.\0\
    The image is not verified. Verify it, or use force.\0\
    The image is not tested. Test it, or use force.\0\
    The router's check refuses the image. Use another one, or force.\0\
    This image cannot keep settings. Start without keeping them.\0\
    could not find /tmp/sysupgrade.bin\0\0",
);

impl Why {
    /// The text.
    pub(crate) fn text(self) -> &'static [u8] {
        let mut texts = TEXTS;
        texts.nth(self as usize).unwrap_or_default().to_bytes()
    }
}

impl From<Why> for Wrong {
    fn from(why: Why) -> Self {
        Self::State(why)
    }
}
