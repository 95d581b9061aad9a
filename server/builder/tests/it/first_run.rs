//! What an ImageBuilder makes on its first run is made once.

use std::path::PathBuf;

use asu_builder::BUILD_LOG;

use crate::mirror::Mirror;

/// The folder of the only ImageBuilder.
fn imagebuilder(mirror: &Mirror) -> PathBuf {
    let mut folders = mirror.dir().join("imagebuilders").read_dir().unwrap();
    folders.next().unwrap().unwrap().path()
}

#[tokio::test]
async fn every_build_finds_what_the_first_run_made() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    for _ in 0..2 {
        let built = mirror.build(&builder, "").await.unwrap();
        let log = std::fs::read_to_string(mirror.out().join(BUILD_LOG)).unwrap();
        assert!(!log.contains("package index"), "{log}");
        let image = std::fs::read_to_string(mirror.out().join(&built.images[0].name)).unwrap();
        assert!(image.lines().any(|line| line == "local"), "{image}");
    }
}

#[tokio::test]
async fn nothing_of_one_run_is_taken_for_that_of_all() {
    let mirror = Mirror::start("zst").await;
    mirror.build(&mirror.builder(), "").await.unwrap();
    let folder = imagebuilder(&mirror);
    let (first, tree) = (folder.join("first"), folder.join("tree"));
    assert!(first.join("packages/Packages.sig").exists());
    let mirrors = format!("keys/{}", mirror.public_key().number());
    for name in ["repositories.conf", "tmp", mirrors.as_str()] {
        assert!(!first.join(name).exists(), "{name}");
    }
    // Keys beside upstream's own are trusted to sign the mirror's indexes.
    assert!(first.join("keys/local").exists());
    assert!(!tree.join("keys/local").exists());
}
