//! The ubus objects of a router: arguments and replies of our rpcd plugins.
//!
//! Object `packagelist`: `list`. Object `attendedsysupgrade`: `info`, `status`, `verify`, `test`,
//! `start`, `clean`. All sizes are bytes. The image always lies at [`IMAGE_PATH`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the image is uploaded to, verified and flashed from.
pub const IMAGE_PATH: &str = "/tmp/firmware.bin";

/// Reply of `packagelist.list {all: bool = false}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageList {
    /// Name (without ABI suffix) to version; user-installed packages only unless `all`.
    pub packagelist: BTreeMap<String, String>,
}

/// Reply of `attendedsysupgrade.info {}`: all a client needs to know about a router.
///
/// A field the router cannot tell is absent (or empty), never wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterInfo {
    /// `OpenWrt`.
    pub distribution: String,
    /// `23.05.5`.
    pub version: String,
    /// `r24106-10cc5fcd00`.
    pub revision: String,
    /// `ath79/generic`.
    pub target: String,
    /// Package architecture: `mips_24kc`.
    pub arch: String,
    /// `tplink,archer-c7-v5`.
    pub board_name: String,
    /// `TP-Link Archer C7 v5`.
    pub model: String,
    /// Filesystem of the root: `squashfs`, `ext4`, …
    pub rootfs_type: String,
    /// Whether the router booted by EFI.
    pub efi: bool,
    /// `opkg` or `apk`.
    pub package_manager: String,
    /// Free bytes in `/tmp`, where the image is put.
    pub tmp_free: Option<u64>,
    /// Memory installed.
    pub memory_total: Option<u64>,
    /// Memory available.
    pub memory_available: Option<u64>,
    /// Free bytes in `/overlay`.
    pub overlay_free: Option<u64>,
    /// Size of the partition that holds the root filesystem; routers that run from memory have none.
    pub rootfs_size: Option<u64>,
    /// The running image's compat_version: `1.0`.
    pub compat_version: String,
}

/// Reply of `attendedsysupgrade.status {}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReply {
    /// How far an upgrade has come.
    pub status: UpgradeStatus,
}

/// How far an upgrade has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpgradeStatus {
    /// There is no image.
    #[default]
    Idle,
    /// There is an image that was not verified since it last changed.
    Uploading,
    /// This image is verified.
    Verified,
    /// sysupgrade runs.
    Flashing,
}

/// Arguments of `attendedsysupgrade.verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyArgs {
    /// The SHA-256 the image should have, hex.
    pub sha256: String,
    /// A usign signature of the image by a key of the router, the text of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// Reply of `attendedsysupgrade.verify {sha256}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VerifyReply {
    /// Whether the file has the SHA-256 that was given.
    pub valid: bool,
    /// The SHA-256 the file has, hex; empty if it could not be read.
    pub sha256: String,
    /// Why it is not valid, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Reply of `attendedsysupgrade.test {}`: what `validate_firmware_image` says of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestReply {
    /// Whether the image may be flashed.
    pub valid: bool,
    /// Whether it could be flashed by force.
    pub forceable: bool,
    /// Whether settings can be kept.
    pub allow_backup: bool,
    /// Each test with its outcome: `fwtool_signature`, `fwtool_device_match`.
    pub tests: BTreeMap<String, bool>,
    /// What the tools complained, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Arguments of `attendedsysupgrade.start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartArgs {
    /// Whether to keep the settings.
    pub keep: bool,
    /// Whether to flash an image that was not verified and tested.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// Reply of `attendedsysupgrade.start`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartReply {
    /// Whether sysupgrade was started; the router goes down a moment later.
    pub started: bool,
    /// Why it was not, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_without_a_partition_for_its_root_has_no_size_of_it() {
        let text = r#"{"board_name":"a,b","rootfs_size":109051904,"model_of_tomorrow":1}"#;
        let info: RouterInfo = serde_json::from_str(text).unwrap();
        assert_eq!(info.rootfs_size, Some(104 << 20));
        let info: RouterInfo = serde_json::from_str(r#"{"board_name":"a,b"}"#).unwrap();
        assert_eq!((info.rootfs_size, info.board_name.as_str()), (None, "a,b"));
    }
}
