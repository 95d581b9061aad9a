//! Whether settings of before still fit an image.

use std::fmt;

use crate::distribution::{Distribution, any_matches};
use crate::schema::Compat;
use crate::transform::Device;

/// A compat_version: sysupgrade refuses an image with another first number, and settings with
/// another second one (OpenWrt's `fwtool.sh`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompatVersion {
    /// Differs where an image cannot be flashed over the installed one.
    pub major: u32,
    /// Differs where settings cannot be kept.
    pub minor: u32,
}

/// The compat_version an image has, and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCompat<'a> {
    /// Of the image.
    pub version: CompatVersion,
    /// The release that brought it.
    pub since: &'a str,
    /// Why, in words for the router's owner.
    pub note: Option<&'a str>,
}

impl CompatVersion {
    /// Every device begins with it.
    pub const FIRST: Self = Self { major: 1, minor: 0 };

    /// Reads `1.1`.
    pub fn read(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

impl fmt::Display for CompatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Distribution {
    /// The compat_version of a device's images of `version`, where it is not the first one.
    pub fn compat(&self, version: &str, device: Device<'_>) -> Option<ImageCompat<'_>> {
        if let Some(parent) = self.parent_of(version) {
            return self.parent()?.compat(&parent.version, device);
        }
        let reached =
            |step: &&crate::schema::Step| self.compare(&step.version.value, version).is_le();
        let steps = self.file().transformations.iter().filter(reached);
        let entries = steps.flat_map(|step| step.compat.iter().map(move |it| (step, it)));
        let fitting = entries.filter(|(_, it)| it.is_for(device));
        let found = fitting.filter_map(|(step, it)| {
            let version = CompatVersion::read(&it.compat_version.value)?;
            Some(ImageCompat {
                version,
                since: &step.version.value,
                note: it.note.as_deref(),
            })
        });
        found.max_by_key(|compat| compat.version)
    }
}

impl Compat {
    fn is_for(&self, device: Device<'_>) -> bool {
        let profiles = &self.profiles;
        any_matches(&self.targets, device.target)
            && (profiles.is_empty() || any_matches(profiles, device.profile))
    }
}
