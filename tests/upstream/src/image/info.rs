//! `image-metadata` and `profiles-json`: what the images of a device are, from the variables that
//! the Makefile exports.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::world::device::image_name;

fn text(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn words(name: &str) -> Vec<String> {
    text(name).split_whitespace().map(str::to_owned).collect()
}

/// `image-metadata`: prints the JSON that fwtool appends to an image.
pub fn image_metadata() {
    let supported: Vec<String> = words("DEVICE_SUPPORTED")
        .iter()
        .map(|device| json!(device).to_string())
        .collect();
    // Keys in upstream's order, which a JSON library would sort.
    println!(
        "{{  \"metadata_version\": \"1.1\", \"compat_version\": \"1.0\", \"supported_devices\":[{}], \
         \"version\": {{ \"dist\": \"OpenWrt\", \"version\": {}, \"revision\": {}, \"target\": {}, \
         \"board\": {} }} }}",
        supported.join(","),
        json!(text("VERSION_NUMBER")),
        json!(text("VERSION_CODE")),
        json!(text("TARGET_ID")),
        json!(text("DEVICE_ID")),
    );
}

/// `profiles-json BIN_DIR`: writes `profiles.json` over the images that exist.
pub fn profiles_json(arguments: &[String]) -> Result<()> {
    let folder = Path::new(
        arguments
            .first()
            .context("the argument is the folder of the images")?,
    );
    let mut images = Vec::new();
    for kind in words("DEVICE_IMAGES") {
        images.extend(image(folder, &kind)?);
    }
    if images.is_empty() {
        eprintln!("JSON info file script could not find any JSON files for target");
        return Ok(());
    }
    fs::write(folder.join("profiles.json"), document(images)?.to_string())?;
    Ok(())
}

fn image(folder: &Path, kind: &str) -> Result<Option<Value>> {
    let (end, filesystem) = image_name(kind);
    let name = format!("{}-{end}", text("DEVICE_IMAGE_PREFIX"));
    let path = folder.join(&name);
    if !path.exists() {
        eprintln!(
            "Skip JSON creation for non existing image {}",
            path.display()
        );
        return Ok(None);
    }
    let sum = hex::encode(Sha256::digest(fs::read(path)?));
    Ok(Some(json!({
        "filesystem": filesystem,
        "name": name,
        "sha256": sum,
        "sha256_unsigned": sum,
        "type": kind,
    })))
}

fn document(images: Vec<Value>) -> Result<Value> {
    let epoch: u64 = text("SOURCE_DATE_EPOCH")
        .parse()
        .context("SOURCE_DATE_EPOCH is a number")?;
    let mut title = json!({ "model": text("DEVICE_MODEL"), "vendor": text("DEVICE_VENDOR") });
    if !text("DEVICE_VARIANT").is_empty() {
        title["variant"] = json!(text("DEVICE_VARIANT"));
    }
    let profile = json!({
        "device_packages": words("DEVICE_PACKAGES"),
        "image_prefix": text("DEVICE_IMAGE_PREFIX"),
        "images": images,
        "supported_devices": words("DEVICE_SUPPORTED"),
        "titles": [title],
    });
    Ok(json!({
        "arch_packages": text("ARCH_PACKAGES"),
        "default_packages": words("DEFAULT_PACKAGES"),
        "linux_kernel": {
            "release": text("LINUX_RELEASE"),
            "vermagic": text("LINUX_VERMAGIC"),
            "version": text("LINUX_VERSION"),
        },
        "metadata_version": 1,
        "profiles": { text("DEVICE_ID"): profile },
        "source_date_epoch": epoch,
        "target": text("TARGET_ID"),
        "version_code": text("VERSION_CODE"),
        "version_number": text("VERSION_NUMBER"),
    }))
}
