//! Behaviour of the image store, seen from outside.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::fs;
use std::path::Path;

use asu_artifacts::{Artifacts, FileName, FolderName, StoredFile};
use proptest::prelude::*;
use tempfile::TempDir;

const SHA256_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn folder(digit: char) -> FolderName {
    FolderName::new(&digit.to_string().repeat(64)).unwrap()
}

fn file(name: &str) -> FileName {
    FileName::new(name).unwrap()
}

fn open(dir: &TempDir) -> Artifacts {
    Artifacts::open(dir.path().join("store")).unwrap()
}

fn finished(dir: &TempDir, files: &[(&str, &str)]) -> std::path::PathBuf {
    let from = dir.path().join("out");
    fs::create_dir(&from).unwrap();
    for (name, text) in files {
        fs::write(from.join(name), text).unwrap();
    }
    from
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_put_is_found_with_its_true_size_and_sum() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    let from = finished(&dir, &[("a.bin", "abc")]);
    let stored = artifacts.put(&folder('1'), &from).unwrap();
    let expected = StoredFile {
        name: "a.bin".to_owned(),
        size: 3,
        sha256: SHA256_OF_ABC.to_owned(),
    };
    assert_eq!(stored, [expected]);
    let path = artifacts.find(&folder('1'), &file("a.bin")).unwrap();
    assert_eq!(read(&path), "abc");
    assert!(!from.exists());
    assert_eq!(artifacts.folders().unwrap(), [folder('1')]);
}

#[test]
fn links_folders_and_hidden_files_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    let from = finished(
        &dir,
        &[("a.bin", "abc"), (".hidden", "x"), ("with space", "x")],
    );
    fs::create_dir(from.join("sub")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", from.join("passwd")).unwrap();
    let stored = artifacts.put(&folder('1'), &from).unwrap();
    assert_eq!(stored.len(), 1);
    assert!(artifacts.find(&folder('1'), &file("passwd")).is_none());
    assert!(artifacts.find(&folder('1'), &file("sub")).is_none());
    assert!(Path::new("/etc/passwd").exists());
}

#[test]
fn a_link_that_got_in_later_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    let from = finished(&dir, &[]);
    artifacts.put(&folder('1'), &from).unwrap();
    let inside = dir.path().join("store").join(folder('1').as_str());
    std::os::unix::fs::symlink("/etc/passwd", inside.join("passwd")).unwrap();
    assert!(artifacts.find(&folder('1'), &file("passwd")).is_none());
}

#[test]
fn a_second_put_replaces_the_first_whole() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    artifacts
        .put(&folder('1'), &finished(&dir, &[("old", "1")]))
        .unwrap();
    artifacts
        .put(&folder('1'), &finished(&dir, &[("new", "2")]))
        .unwrap();
    assert!(artifacts.find(&folder('1'), &file("old")).is_none());
    assert!(artifacts.find(&folder('1'), &file("new")).is_some());
}

#[test]
fn removing_takes_all_and_twice_is_fine() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    artifacts
        .put(&folder('1'), &finished(&dir, &[("a", "1")]))
        .unwrap();
    artifacts.remove(&folder('1')).unwrap();
    artifacts.remove(&folder('1')).unwrap();
    assert!(artifacts.find(&folder('1'), &file("a")).is_none());
    assert!(artifacts.folders().unwrap().is_empty());
}

#[test]
fn an_interrupted_removal_is_finished_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir);
    let left = dir
        .path()
        .join("store")
        .join(format!(".leaving-{}", folder('1')));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("a"), "1").unwrap();
    open(&dir);
    assert!(!left.exists());
}

#[test]
fn a_removal_that_failed_halfway_is_not_in_the_way_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let artifacts = open(&dir);
    let left = dir
        .path()
        .join("store")
        .join(format!(".leaving-{}", folder('1')));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("old"), "1").unwrap();
    let from = dir.path().join("from");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("new"), "2").unwrap();
    artifacts.put(&folder('1'), &from).unwrap();
    artifacts.remove(&folder('1')).unwrap();
    assert!(!left.exists() && artifacts.folders().unwrap().is_empty());
}

#[test]
fn names_that_could_leave_the_folder_are_refused() {
    let upper = "A".repeat(64);
    for bad in ["", "..", "1", "/etc", upper.as_str(), "g", "../store"] {
        assert!(FolderName::new(bad).is_err(), "{bad:?}");
    }
    let long = "a".repeat(256);
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "a\\b",
        "a\0",
        "a\"b",
        "a\r\nb",
        "ä",
        ".a",
        "a b",
        "a%2fb",
        long.as_str(),
    ] {
        assert!(FileName::new(bad).is_err(), "{bad:?}");
    }
    let real = "openwrt-24.10.2-ath79-generic-tplink_archer-c7-v5-squashfs-sysupgrade.bin";
    assert!(FileName::new(real).is_ok());
}

proptest! {
    #[test]
    fn whatever_name_is_accepted_stays_one_level_below(name in "[.a/~\\\\ -]{0,6}") {
        if let Ok(accepted) = FileName::new(&name) {
            let path = Path::new("/store").join(accepted.as_str());
            prop_assert_eq!(path.parent(), Some(Path::new("/store")));
            prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(name.as_str()));
        }
    }
}
