//! Upstream's `profiles.json` and the package indexes the server answers with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `targets/{target}/profiles.json` of a mirror, and the file an ImageBuilder writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetProfiles {
    /// The architecture of packages: `mips_24kc`.
    pub arch_packages: String,
    /// Packages every image of this target has.
    #[serde(default)]
    pub default_packages: Vec<String>,
    /// Schema version, 1.
    #[serde(default = "one")]
    pub metadata_version: u32,
    /// The devices, by profile name.
    pub profiles: BTreeMap<String, Profile>,
    /// Seconds since 1970 that stand in for all build times.
    #[serde(default)]
    pub source_date_epoch: u64,
    /// The target: `ath79/generic`.
    pub target: String,
    /// The revision: `r24106-10cc5fcd00`.
    pub version_code: String,
    /// The release: `23.05.5`.
    pub version_number: String,
    /// The kernel, since 23.05.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linux_kernel: Option<LinuxKernel>,
}

impl TargetProfiles {
    /// The profile called `name`, else the first that supports a device of that name. A
    /// `board_name` has a comma where a profile has an underscore, so either does for both.
    pub fn named(&self, name: &str) -> Option<&str> {
        let wanted = underscored(name);
        let is = |name: &String| underscored(name) == wanted;
        let mut known = self.profiles.iter();
        let called = known.clone().find(|(id, _)| is(id));
        let supports = |profile: &Profile| profile.supported_devices.iter().any(is);
        let found = called.or_else(|| known.find(|(_, profile)| supports(profile)));
        found.map(|(id, _)| id.as_str())
    }
}

fn underscored(name: &str) -> String {
    name.replace(',', "_")
}

/// What an image has without being asked for, in the order listed: a target's default packages and
/// a device's, where `-name` takes one away.
pub fn defaults<'a>(target: &'a [String], device: &'a [String]) -> Vec<&'a str> {
    let listed = || target.iter().chain(device).map(String::as_str);
    let is_removed = |name: &str| listed().any(|other| other.strip_prefix('-') == Some(name));
    let kept = listed().filter(|name| !name.starts_with('-') && !is_removed(name));
    kept.collect()
}

fn one() -> u32 {
    1
}

/// The kernel of a target; `vermagic` is what kernel modules must match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinuxKernel {
    /// Package release, e.g. `1`.
    pub release: String,
    /// Hash of the configuration that decides module compatibility.
    pub vermagic: String,
    /// Kernel version, e.g. `6.6.93`.
    pub version: String,
}

/// One device in `profiles.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Profile {
    /// Packages of this device; a leading `-` removes a default package.
    pub device_packages: Vec<String>,
    /// What every image file's name begins with.
    pub image_prefix: String,
    /// The image files.
    pub images: Vec<Image>,
    /// The names a device may report to be given these images, present and past.
    pub supported_devices: Vec<String>,
    /// The names for people.
    pub titles: Vec<Title>,
}

/// One image file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Image {
    /// `squashfs`, `ext4`, `initramfs`, …
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filesystem: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the file as served, hex.
    pub sha256: String,
    /// SHA-256 before a signature was appended, hex: what rebuilders compare.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256_unsigned: String,
    /// Size in bytes; our servers say it, others may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// `sysupgrade`, `factory`, `combined`, `combined-efi`, `sdcard`, …
    #[serde(rename = "type")]
    pub kind: String,
}

/// A device's name for people: vendor, model and variant, or one title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Title {
    /// e.g. `TP-Link`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vendor: String,
    /// e.g. `Archer C7`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// e.g. `v5`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// Used where there are no parts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// `/json/v1/{path}/targets/{target}/index.json`: the packages built for one target, kernel
/// modules included, ABI suffixes removed from names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetIndex {
    /// The architecture of packages.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub architecture: String,
    /// Name to version.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub packages: BTreeMap<String, String>,
}

/// `/json/v1/{path}/packages/{arch}-index.json`: name to version over all feeds.
pub type ArchIndex = BTreeMap<String, String>;
