//! The devices, from `data/devices.txt`.

use std::sync::LazyLock;

use super::release::{Release, Target};

/// One device.
#[derive(Debug)]
pub struct Device {
    target: &'static str,
    /// The profile: `tplink_archer-c7-v5`.
    pub profile: &'static str,
    /// e.g. `TP-Link`.
    pub vendor: &'static str,
    /// e.g. `Archer C7`.
    pub model: &'static str,
    /// e.g. `v5`; may be empty.
    pub variant: &'static str,
    /// The names such a device may report.
    pub supported: Vec<&'static str>,
    /// Largest image, KiB; 0 for no limit.
    pub limit_kib: u64,
    /// The types of its images: `sysupgrade`, `factory`, …
    pub images: Vec<&'static str>,
    packages: &'static str,
}

static DEVICES: LazyLock<Vec<Device>> = LazyLock::new(|| {
    super::rows(include_str!("../../data/devices.txt"))
        .filter_map(read)
        .collect()
});

fn read(row: Vec<&'static str>) -> Option<Device> {
    let [
        target,
        profile,
        vendor,
        model,
        variant,
        supported,
        limit,
        images,
        packages,
    ] = row[..]
    else {
        return None;
    };
    Some(Device {
        target,
        profile,
        vendor,
        model,
        variant,
        supported: supported.split_whitespace().collect(),
        limit_kib: limit.parse().ok()?,
        images: images.split_whitespace().collect(),
        packages,
    })
}

/// The devices of a target.
pub fn of(target: &Target) -> impl Iterator<Item = &'static Device> {
    DEVICES.iter().filter(|device| device.target == target.name)
}

impl Device {
    /// The packages of this device; a leading `-` removes a default package.
    pub fn packages(&self, release: &Release) -> Vec<&'static str> {
        super::words(self.packages, release)
    }

    /// The name for people: `TP-Link Archer C7 v5`.
    pub fn title(&self) -> String {
        let parts = [self.vendor, self.model, self.variant];
        let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        words.join(" ")
    }

    /// What the names of its images begin with.
    pub fn image_prefix(&self, release: &Release, target: &Target) -> String {
        format!("{}-{}", release.prefix(target), self.profile)
    }
}

/// The end of an image's name and its file system, by type.
pub fn image_name(kind: &str) -> (String, &'static str) {
    let end = match kind {
        "combined" | "combined-efi" | "rootfs" => "img.gz",
        _ => "bin",
    };
    (format!("squashfs-{kind}.{end}"), "squashfs")
}
