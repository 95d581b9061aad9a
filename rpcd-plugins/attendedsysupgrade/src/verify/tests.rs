use std::fs;

use asu_rpcd_plugin::Table;
use asu_rpcd_plugin::host::{with_root, written};
use tempfile::TempDir;

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn only_a_sha256_is_one() {
    for right in [
        HEX,
        &HEX.to_uppercase(),
        &format!("{HEX}  /tmp/firmware.bin\n"),
    ] {
        assert_eq!(sum(right.as_bytes()), &right.as_bytes()[..DIGITS]);
    }
    for wrong in [
        "",
        "0",
        &HEX[1..],
        &HEX.replace('a', "g"),
        &HEX.replace('0', "\u{10}"),
    ] {
        assert_eq!(sum(wrong.as_bytes()), b"", "{wrong}");
    }
}

/// The outcome for an image when the shell printed this, and the SHA-256 told; `between` may change
/// the image before the end.
fn outcome(stdout: &str, between: impl FnOnce(&std::path::Path)) -> (Result<(), Why>, String) {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("tmp")).unwrap();
    let image = root.path().join("tmp/firmware.bin");
    fs::write(&image, "image").unwrap();
    let stdout = std::ffi::CString::new(stdout).unwrap();
    with_root(root.path(), || {
        image::findings(0).unwrap();
        between(&image);
        let mut outcome = Ok(());
        let reply = written(|reply| outcome = done(&Output::new(true, &stdout, b""), reply));
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
    let printed = |expected: &str| format!("{expected}\n{HEX}  /tmp/firmware.bin\n");
    for expected in [HEX, &HEX.to_uppercase()] {
        assert_eq!(
            outcome(&printed(expected), |_| {}),
            (Ok(()), HEX.to_owned())
        );
    }
    let other = "0".repeat(64);
    for expected in [&other, &HEX.replace('f', "0"), &HEX.replace('0', "P")] {
        let (outcome, told) = outcome(&printed(expected), |_| {});
        assert!(matches!(outcome, Err(Why::Different | Why::Unsigned)));
        assert_eq!(told, HEX);
    }
    for rest in ["", "sha256sum: can't open", "0123"] {
        let (outcome, told) = outcome(&format!("{HEX}\n{rest}"), |_| {});
        assert_eq!((outcome, &*told), (Err(Why::NoSum), ""));
    }
    for unsigned in ["-\n", ""] {
        assert_eq!(
            outcome(unsigned, |_| {}),
            (Err(Why::Unsigned), String::new())
        );
    }
    let replace = |image: &std::path::Path| fs::write(image, "another").unwrap();
    assert_eq!(outcome(&printed(HEX), replace).0, Err(Why::Changed));
    let remove = |image: &std::path::Path| fs::remove_file(image).unwrap();
    assert_eq!(outcome(&printed(HEX), remove).0, Err(Why::Changed));
}
