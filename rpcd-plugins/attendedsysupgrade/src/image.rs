//! The image to flash, and what was found out about it.

use core::ffi::CStr;

use asu_rpcd_plugin::{Identity, Single};

/// Where the browser uploads the image to.
pub(crate) const PATH: &CStr = c"/tmp/firmware.bin";

/// What a person is told when there is no image.
pub(crate) const MISSING: &str = "There is no image at /tmp/firmware.bin. Upload one first.";

/// What a person is told when too much runs at once.
pub(crate) const BUSY: &str =
    "The router is busy with other checks, or short of memory. Try again in a minute.";

/// What `test` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tested {
    /// The file that was tested.
    pub(crate) image: Identity,
    /// Whether it may be flashed.
    pub(crate) valid: bool,
    /// Whether settings can be kept.
    pub(crate) allow_backup: bool,
}

/// What is known of the image. Each finding names the file it is about, so that a new upload makes
/// it worthless without anybody having to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The file whose SHA-256 was as expected.
    pub(crate) verified: Option<Identity>,
    /// The outcome of the router's own check.
    pub(crate) tested: Option<Tested>,
}

impl Findings {
    /// Nothing is known.
    pub(crate) const NONE: Self = Self {
        verified: None,
        tested: None,
    };
}

/// What this process has found out.
pub(crate) static FINDINGS: Single<Findings> = Single::new(Findings::NONE);
