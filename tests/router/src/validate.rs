//! Whether an image fits this device: what `/usr/libexec/validate_firmware_image` finds out.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::fwtool;
use crate::image;

/// What the device brings to the comparison.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The name in `/tmp/sysinfo/board_name`.
    pub(crate) board: String,
    /// The running system's compat_version.
    pub(crate) compat: String,
    /// Whether images of this target carry metadata; x86 images do not.
    pub(crate) metadata_required: bool,
    /// Whether settings would be kept: a minor change of compat_version refuses that.
    pub(crate) keep: bool,
}

/// The verdict, in the form of the genuine program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Each test with its outcome.
    pub(crate) tests: Tests,
    /// Whether the image may be flashed.
    pub(crate) valid: bool,
    /// Whether it could be flashed by force.
    pub(crate) forceable: bool,
    /// Whether settings can be kept.
    pub(crate) allow_backup: bool,
    /// What is wrong, for a person; on standard error.
    #[serde(skip)]
    pub(crate) complaints: Vec<String>,
}

/// The tests that every device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Tests {
    /// Signature: accepted when absent, as on every router that has no `ucert`.
    pub(crate) fwtool_signature: bool,
    /// Whether the image is for this device.
    pub(crate) fwtool_device_match: bool,
}

impl Verdict {
    /// The JSON that the genuine program prints, indented by tabs.
    pub(crate) fn to_json(&self) -> String {
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        // A struct of truth values always serializes.
        let _ = self.serialize(&mut serializer);
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    supported_devices: Vec<String>,
    #[serde(default)]
    new_supported_devices: Option<Vec<String>>,
    #[serde(default = "first_compat")]
    compat_version: String,
    #[serde(default)]
    compat_message: Option<String>,
}

fn first_compat() -> String {
    "1.0".to_owned()
}

/// Judges an image file.
pub(crate) fn validate(file: &Path, facts: &Facts) -> Verdict {
    let device = std::fs::read(file)
        .map_err(|error| {
            format!(
                "{} cannot be read: {error}. Upload the image again.",
                file.display()
            )
        })
        .and_then(|bytes| check_device(&bytes, facts));
    let platform = image::root_of(file)
        .map(drop)
        .map_err(|error| error.to_string());
    let readable = file.is_file();
    let complaints: Vec<String> = device
        .clone()
        .err()
        .into_iter()
        .chain(platform.clone().err())
        .collect();
    Verdict {
        tests: Tests {
            fwtool_signature: readable,
            fwtool_device_match: device.is_ok(),
        },
        valid: complaints.is_empty(),
        // Without a root filesystem there is nothing to start afterwards.
        forceable: platform.is_ok(),
        allow_backup: true,
        complaints,
    }
}

/// Why an image is not for this device.
fn check_device(image: &[u8], facts: &Facts) -> Result<(), String> {
    let appended =
        fwtool::appended(image).map_err(|error| format!("{error}. Download it again."))?;
    let Some(text) = appended.metadata else {
        return if facts.metadata_required {
            Err("The image has no metadata, so nothing says that it is for this device.".to_owned())
        } else {
            Ok(())
        };
    };
    let metadata: Metadata = serde_json::from_slice(text)
        .map_err(|error| format!("The image's metadata is not readable: {error}."))?;
    let devices = match (
        &metadata.new_supported_devices,
        metadata.compat_version.as_str(),
    ) {
        (_, "1.0") => &metadata.supported_devices,
        (Some(devices), _) => devices,
        (None, _) => {
            return Err("The image's metadata lists no devices for its compat_version.".to_owned());
        }
    };
    if !devices.contains(&facts.board) {
        return Err(format!(
            "This device is {}; the image is for {}.",
            facts.board,
            devices.join(", ")
        ));
    }
    check_compat(&metadata, facts)
}

fn check_compat(metadata: &Metadata, facts: &Facts) -> Result<(), String> {
    let (have, want) = (facts.compat.as_str(), metadata.compat_version.as_str());
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    if major(have) != major(want) {
        let message = metadata.compat_message.as_deref().unwrap_or_default();
        let text = format!(
            "The image is for this device, but sysupgrade cannot go from compat_version {have} to {want}. {message}"
        );
        return Err(text.trim_end().to_owned());
    }
    if have != want && facts.keep {
        return Err(format!(
            "Settings of compat_version {have} do not fit {want}: flash without keeping them."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(board: &str, compat: &str, keep: bool) -> Facts {
        Facts {
            board: board.to_owned(),
            compat: compat.to_owned(),
            metadata_required: true,
            keep,
        }
    }

    fn check(metadata: &str, facts: &Facts) -> Result<(), String> {
        let mut image = vec![7; 100];
        fwtool::append_metadata(&mut image, metadata.as_bytes());
        check_device(&image, facts)
    }

    const FIRST: &str = r#"{"supported_devices":["acme,one","acme,1"]}"#;
    const SECOND: &str = r#"{"compat_version":"1.1","supported_devices":["too old"],"new_supported_devices":["acme,one"]}"#;
    const THIRD: &str = r#"{"compat_version":"2.0","compat_message":"Use the installer.","new_supported_devices":["acme,one"]}"#;

    #[test]
    fn only_listed_devices_match() {
        assert_eq!(check(FIRST, &facts("acme,1", "1.0", true)), Ok(()));
        let refusal = check(FIRST, &facts("acme,two", "1.0", true)).unwrap_err();
        assert!(
            refusal.contains("acme,two") && refusal.contains("acme,one, acme,1"),
            "{refusal}"
        );
        assert!(check("{", &facts("acme,1", "1.0", true)).is_err());
        assert!(check_device(&[7; 100], &facts("acme,1", "1.0", true)).is_err());
        assert!(
            check_device(
                &[7; 100],
                &Facts {
                    metadata_required: false,
                    ..facts("x", "1.0", true)
                }
            )
            .is_ok()
        );
    }

    #[test]
    fn a_minor_compat_change_refuses_settings_and_a_major_one_refuses_the_image() {
        assert!(check(SECOND, &facts("acme,one", "1.0", true)).is_err());
        assert_eq!(check(SECOND, &facts("acme,one", "1.0", false)), Ok(()));
        assert_eq!(check(SECOND, &facts("acme,one", "1.1", true)), Ok(()));
        assert!(
            check(THIRD, &facts("acme,one", "1.1", false))
                .unwrap_err()
                .contains("Use the installer.")
        );
    }
}
