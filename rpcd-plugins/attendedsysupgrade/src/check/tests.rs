use std::fs;

use asu_rpcd_plugin::Table;
use asu_rpcd_plugin::host::{with_root, written};
use tempfile::TempDir;

use super::*;

/// The reply of a check that ended so, its status, and what is known of the image then.
fn outcome(stdout: &core::ffi::CStr, stderr: &[u8]) -> (Vec<u8>, Result<(), Status>, u8) {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("tmp")).unwrap();
    fs::write(root.path().join("tmp/firmware.bin"), "image").unwrap();
    with_root(root.path(), || {
        image::findings(0).unwrap();
        let mut status = Ok(());
        let reply = written(|reply| {
            status = done(&Output::new(true, stdout, stderr), reply);
        });
        (reply, status, image::findings(0).unwrap())
    })
}

#[test]
fn takes_the_verdict_of_the_check() {
    let good = c"{\"valid\":true,\"forceable\":false,\"allow_backup\":true}";
    let (reply, status, known) = outcome(good, b"");
    let fields = Table::from_message(&reply);
    assert_eq!((status, fields.boolean(b"valid")), (Ok(()), Some(true)));
    assert_eq!(fields.string(b"error"), None);
    assert_eq!(known, TESTED | VALID | ALLOWS_BACKUP);
    let bad = c"{\"valid\":false,\"forceable\":true,\"allow_backup\":false}";
    let (reply, _, known) = outcome(bad, b" Image metadata not present\n");
    let error = Table::from_message(&reply).string(b"error");
    assert_eq!(
        (error, known & (TESTED | VALID | ALLOWS_BACKUP)),
        (Some(c"Image metadata not present"), TESTED)
    );
}

#[test]
fn a_verdict_with_a_part_missing_is_none() {
    for part in [
        c"{\"valid\":true,\"forceable\":true}",
        c"{\"valid\":yes,\"forceable\":true,\"allow_backup\":true}",
    ] {
        let (_, status, known) = outcome(part, b"");
        assert_eq!((status, known), (Err(Status::UNKNOWN_ERROR), 0));
    }
}

#[test]
fn output_that_is_no_verdict_refuses() {
    for stderr in [&b""[..], b"\xff\n"] {
        let (reply, status, known) = outcome(c"broken", stderr);
        assert_eq!((status, known), (Ok(()), 0));
        let fields = Table::from_message(&reply);
        for name in [&b"valid"[..], b"forceable", b"allow_backup"] {
            assert_eq!(fields.boolean(name), Some(false));
        }
        assert_eq!(fields.table(b"tests").unwrap().into_iter().count(), 0);
        assert!(
            fields
                .string(b"error")
                .is_some_and(|error| !error.is_empty())
        );
    }
}
