//! What holds for images on disk.

use std::fs;
use std::path::PathBuf;

use asu_artifacts::Artifacts;

use crate::home::{Home, folder};

/// A folder that a removal began with and did not end.
fn leave(home: &Home) -> PathBuf {
    let name = format!(".leaving-{}", folder('1'));
    let left = home.dir.path().join("store").join(name);
    fs::create_dir(&left).unwrap();
    fs::write(left.join("a"), "1").unwrap();
    left
}

#[tokio::test]
async fn a_link_that_got_in_later_is_not_followed() {
    let home = Home::on_disk();
    home.put(&folder('1'), &[("a", b"1")]).await;
    let inside = home.dir.path().join("store").join(folder('1').as_str());
    std::os::unix::fs::symlink("/etc/passwd", inside.join("passwd")).unwrap();
    assert_eq!(home.read(&folder('1'), "passwd").await, None);
}

#[tokio::test]
async fn an_interrupted_removal_is_finished_at_the_next_start() {
    let home = Home::on_disk();
    let left = leave(&home);
    Artifacts::on_disk(home.dir.path().join("store")).unwrap();
    assert!(!left.exists());
}

#[tokio::test]
async fn a_removal_that_failed_halfway_is_not_in_the_way_of_the_next() {
    let home = Home::on_disk();
    let left = leave(&home);
    home.put(&folder('1'), &[("new", b"2")]).await;
    home.artifacts.remove(&folder('1')).await.unwrap();
    assert!(!left.exists() && home.artifacts.folders().await.unwrap().is_empty());
}
