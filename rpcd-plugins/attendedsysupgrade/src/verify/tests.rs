use std::fs;

use asu_rpcd_plugin::Table;
use asu_rpcd_plugin::host::{with_root, written};
use tempfile::TempDir;

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn only_a_sha256_is_one() {
    let mut out = [0; DIGITS];
    assert!(digits(HEX.to_uppercase().as_bytes(), &mut out));
    assert_eq!(out, HEX.as_bytes());
    for wrong in [
        "",
        "0",
        &HEX[1..],
        &HEX.replace('a', "g"),
        &HEX.replace('0', "\u{10}"),
    ] {
        assert!(!digits(wrong.as_bytes(), &mut out), "{wrong}");
    }
}

/// The outcome for an image when busybox printed this, and the SHA-256 told; `between` may change
/// the image before the end.
fn outcome(stdout: &CStr, between: impl FnOnce(&std::path::Path)) -> (Result<(), Why>, String) {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("tmp")).unwrap();
    let image = root.path().join("tmp/firmware.bin");
    fs::write(&image, "image").unwrap();
    with_root(root.path(), || {
        image::findings(0).unwrap();
        let mut expected = [0; DIGITS];
        assert!(digits(HEX.as_bytes(), &mut expected));
        EXPECTED.set(expected);
        between(&image);
        let mut outcome = Ok(());
        let reply = written(|reply| outcome = done(&Output::new(true, stdout, b""), reply));
        let told = Table::from_message(&reply).string(b"sha256").unwrap();
        if outcome.is_ok() {
            assert_eq!(
                (image::findings(0), image::status()),
                (Ok(VERIFIED), &b"verified"[..])
            );
        } else {
            assert_ne!(image::findings(0), Ok(VERIFIED));
        }
        (outcome, told.to_str().unwrap().to_owned())
    })
}

#[test]
fn judges_file_and_sum() {
    let printed = std::ffi::CString::new(format!("{HEX}  /tmp/firmware.bin\n")).unwrap();
    let other = std::ffi::CString::new(format!("{}  /tmp/firmware.bin\n", "0".repeat(64))).unwrap();
    assert_eq!(outcome(&printed, |_| {}), (Ok(()), HEX.to_owned()));
    assert_eq!(
        outcome(&other, |_| {}),
        (Err(Why::Different), "0".repeat(64))
    );
    for stdout in [c"", c"sha256sum: can't open", c"0123"] {
        assert_eq!(outcome(stdout, |_| {}), (Err(Why::NoSum), String::new()));
    }
    let replace = |image: &std::path::Path| fs::write(image, "another").unwrap();
    assert_eq!(outcome(&printed, replace).0, Err(Why::Changed));
    let remove = |image: &std::path::Path| fs::remove_file(image).unwrap();
    assert_eq!(outcome(&printed, remove).0, Err(Why::Changed));
}
