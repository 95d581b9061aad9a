//! What holds wherever images are.

use std::fs;
use std::path::Path;

use asu_artifacts::{ArtifactError, StoredFile};
use sha2::{Digest, Sha256};

use crate::home::{Home, file, folder, noise};

/// Each of these for images on disk and in a bucket.
macro_rules! on_both {
    ($($test:ident,)*) => {
        mod disk {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Home::on_disk()).await;
            })*
        }
        mod bucket {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Home::in_bucket().await).await;
            })*
        }
    };
}

on_both! {
    what_is_put_is_found_with_its_true_size_and_sum,
    a_file_of_several_parts_stays_whole,
    links_folders_and_hidden_files_are_left_out,
    what_is_there_is_never_replaced,
    removing_takes_all_and_twice_is_fine,
    a_folder_whose_name_begins_alike_is_another,
    what_cannot_be_put_leaves_nothing,
}

async fn what_is_put_is_found_with_its_true_size_and_sum(home: Home) {
    let from = home.finished(&[("b.bin", b""), ("a.bin", b"abc")]);
    let stored = home.artifacts.put(&folder('1'), &from).await.unwrap();
    let expected = |name: &str, bytes: &[u8]| StoredFile {
        name: name.to_owned(),
        size: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
    };
    assert_eq!(stored, [expected("a.bin", b"abc"), expected("b.bin", b"")]);
    assert_eq!(home.read(&folder('1'), "a.bin").await.unwrap(), b"abc");
    assert_eq!(home.read(&folder('1'), "b.bin").await.unwrap(), b"");
    assert_eq!(home.read(&folder('1'), "c.bin").await, None);
    assert_eq!(home.read(&folder('2'), "a.bin").await, None);
    assert!(!from.exists());
    assert_eq!(home.artifacts.folders().await.unwrap(), [folder('1')]);
}

async fn a_file_of_several_parts_stays_whole(home: Home) {
    // The parts are of 8 MiB: exactly two, and two with some bytes more.
    for (digit, size) in [('1', 16 << 20), ('2', (16 << 20) + 5)] {
        let large = noise(size);
        let from = home.finished(&[("large.bin", &large)]);
        let stored = home.artifacts.put(&folder(digit), &from).await.unwrap();
        assert_eq!(stored[0].sha256, hex::encode(Sha256::digest(&large)));
        assert_eq!(stored[0].size, size as u64);
        assert!(home.read(&folder(digit), "large.bin").await.unwrap() == large);
    }
}

async fn links_folders_and_hidden_files_are_left_out(home: Home) {
    let from = home.finished(&[("a.bin", b"abc"), (".hidden", b"x"), ("with space", b"x")]);
    fs::create_dir(from.join("sub")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", from.join("passwd")).unwrap();
    let stored = home.artifacts.put(&folder('1'), &from).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(home.read(&folder('1'), "passwd").await, None);
    assert_eq!(home.read(&folder('1'), "sub").await, None);
    assert!(Path::new("/etc/passwd").exists());
}

async fn what_is_there_is_never_replaced(home: Home) {
    home.put(&folder('1'), &[("old", b"1")]).await;
    let from = home.finished(&[("old", b"other"), ("new", b"2")]);
    let again = home.artifacts.put(&folder('1'), &from).await;
    assert!(matches!(again, Err(ArtifactError::Taken(name)) if name == folder('1')));
    assert_eq!(home.read(&folder('1'), "old").await.unwrap(), b"1");
    assert_eq!(home.read(&folder('1'), "new").await, None);
}

async fn removing_takes_all_and_twice_is_fine(home: Home) {
    home.put(&folder('1'), &[("a", b"1"), ("b", b"2")]).await;
    home.artifacts.remove(&folder('1')).await.unwrap();
    home.artifacts.remove(&folder('1')).await.unwrap();
    assert_eq!(home.read(&folder('1'), "a").await, None);
    assert!(home.artifacts.folders().await.unwrap().is_empty());
}

async fn a_folder_whose_name_begins_alike_is_another(home: Home) {
    let name = |lease| asu_artifacts::FolderName::of(&"1".repeat(64), lease).unwrap();
    home.put(&name(1), &[("a", b"1")]).await;
    home.put(&name(10), &[("a", b"10")]).await;
    home.artifacts.remove(&name(1)).await.unwrap();
    assert_eq!(home.artifacts.folders().await.unwrap(), [name(10)]);
    assert_eq!(home.read(&name(10), "a").await.unwrap(), b"10");
}

async fn what_cannot_be_put_leaves_nothing(home: Home) {
    let nowhere = home.dir.path().join("nowhere");
    let put = home.artifacts.put(&folder('1'), &nowhere).await;
    assert!(matches!(put, Err(ArtifactError::Disk { .. })), "{put:?}");
    assert!(home.artifacts.folders().await.unwrap().is_empty());
    let found = home.artifacts.find(&folder('1'), &file("a")).await;
    assert!(found.unwrap().is_none());
}
