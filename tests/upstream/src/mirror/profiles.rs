//! The JSON documents that describe releases, targets and devices.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::world::device::{self, Device};
use crate::world::release::{Release, TARGETS, Target};

/// `.versions.json`: the newest release with an ImageBuilder is the stable one, a newer one without
/// is upcoming.
pub fn versions(releases: &[&Release]) -> Value {
    let (built, upcoming): (Vec<&Release>, Vec<&Release>) = releases
        .iter()
        .partition(|release| release.imagebuilder != "-");
    let version = |release: Option<&&Release>| release.map_or("", |release| release.version);
    let list: Vec<&str> = releases.iter().map(|release| release.version).collect();
    json!({
        "stable_version": version(built.last()),
        "oldstable_version": version(built.iter().rev().nth(1)),
        "upcoming_version": version(upcoming.last()),
        "versions_list": list,
    })
}

/// `.targets.json`: the architecture of each target.
pub fn targets() -> Value {
    let arches = TARGETS
        .iter()
        .map(|target| (target.name.to_owned(), json!(target.arch)));
    Value::Object(arches.collect())
}

/// `profiles.json` of a target.
pub fn of_target(release: &Release, target: &Target) -> Value {
    let profiles: serde_json::Map<_, _> = device::of(target)
        .map(|device| (device.profile.to_owned(), profile(device, release, target)))
        .collect();
    json!({
        "arch_packages": target.arch,
        "default_packages": release.default_packages(target),
        "linux_kernel": {
            "release": "1",
            "vermagic": release.vermagic(target),
            "version": release.kernel,
        },
        "metadata_version": 1,
        "profiles": profiles,
        "source_date_epoch": release.epoch,
        "target": target.name,
        "version_code": release.revision,
        "version_number": release.version,
    })
}

fn profile(device: &Device, release: &Release, target: &Target) -> Value {
    let prefix = device.image_prefix(release, target);
    let images: Vec<Value> = device
        .images
        .iter()
        .map(|kind| image(&prefix, kind))
        .collect();
    let mut title = json!({ "model": device.model, "vendor": device.vendor });
    if !device.variant.is_empty() {
        title["variant"] = json!(device.variant);
    }
    json!({
        "device_packages": device.packages(release),
        "image_prefix": prefix,
        "images": images,
        "supported_devices": device.supported,
        "titles": [title],
    })
}

/// An image as upstream lists it. The mirror has no finished images, so the sums are of their names.
fn image(prefix: &str, kind: &str) -> Value {
    let (end, filesystem) = device::image_name(kind);
    let name = format!("{prefix}-{end}");
    let sum = hex::encode(Sha256::digest(&name));
    json!({
        "filesystem": filesystem,
        "name": name,
        "sha256": sum,
        "sha256_unsigned": sum,
        "type": kind,
    })
}
