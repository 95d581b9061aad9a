use std::fs;

use asu_rpcd_plugin::Table;
use asu_rpcd_plugin::host::{with_root, written};
use tempfile::TempDir;

use super::*;

#[test]
fn every_cause_has_its_text() {
    for (why, part) in [
        (Why::Missing, "No image"),
        (Why::Busy, "busy"),
        (Why::NoTool, "usign is missing"),
        (Why::NoCheck, "validate_firmware_image is missing"),
        (Why::NoShell, "/bin/sh is missing"),
        (Why::NoSum, "could not be computed"),
        (Why::Unsigned, "/etc/opkg/keys"),
        (Why::Changed, "changed"),
        (Why::Different, "another SHA-256"),
        (Why::NotVerified, "not verified"),
        (Why::NotTested, "not tested"),
        (Why::NotValid, "refuses"),
        (Why::NoBackup, "cannot keep"),
        (Why::NoResult, "no result"),
        (Why::Missing2017, "could not find /tmp/sysupgrade.bin"),
    ] {
        let text = str::from_utf8(why.text()).unwrap();
        assert!(text.contains(part), "{why:?}: {text}");
    }
}

#[test]
fn every_method_refuses_in_its_own_shape() {
    for (method, names) in [
        (VERIFY, &["valid", "error"][..]),
        (
            TEST,
            &["forceable", "valid", "allow_backup", "tests", "error"],
        ),
        (START, &["started", "error"]),
        (START + 1, &["message"]),
    ] {
        let message = written(|reply| conclude(method, Err(Why::Busy), reply));
        let fields = Table::from_message(&message);
        let written: Vec<_> = fields.into_iter().map(|field| field.name).collect();
        let names: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
        assert_eq!(written, names);
        assert!(
            fields
                .into_iter()
                .filter_map(|field| field.boolean())
                .all(|value| !value)
        );
    }
    let message = written(|reply| conclude(START + 1, Ok(()), reply));
    let text = Table::from_message(&message).string(b"message");
    assert_eq!(text, Some(c"starting sysupgrade"));
}

#[test]
fn the_status_follows_the_files() {
    let root = TempDir::new().unwrap();
    let (image, log) = (
        root.path().join("tmp/firmware.bin"),
        "tmp/attendedsysupgrade.log",
    );
    fs::create_dir(root.path().join("tmp")).unwrap();
    with_root(root.path(), || {
        assert_eq!(image::status(), b"idle");
        fs::write(&image, "image").unwrap();
        assert_eq!(image::status(), b"uploading");
        image::add(image::VERIFIED).unwrap();
        assert_eq!(image::status(), b"verified");
        fs::write(root.path().join(log), "").unwrap();
        assert_eq!(image::status(), b"flashing");
        fs::remove_file(root.path().join(log)).unwrap();
        fs::write(&image, "another").unwrap();
        assert_eq!(image::status(), b"uploading");
    });
}
