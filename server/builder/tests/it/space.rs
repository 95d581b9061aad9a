//! How much of the disk is taken, and what goes when it is too much.

use std::path::{Path, PathBuf};

use asu_builder::{BuildError, Builder, BuilderConfig, DiskLimits};

use crate::mirror::{Mirror, eventually, profiles, request};

/// Any number of ImageBuilders, and no word on free space.
const ANY: DiskLimits = DiskLimits {
    imagebuilders: 0,
    floor: 0,
};

fn builder(mirror: &Mirror, disk: DiskLimits) -> Builder {
    let config = mirror.config();
    Builder::new(BuilderConfig { disk, ..config }).unwrap()
}

fn tree(mirror: &Mirror, sha256: &str) -> PathBuf {
    mirror.dir().join("imagebuilders").join(sha256)
}

/// How many entries a folder has.
fn count(folder: &Path) -> usize {
    folder.read_dir().unwrap().count()
}

/// Two ImageBuilders on disk, the first used last.
async fn two(mirror: &Mirror) -> [PathBuf; 2] {
    let names = ["zst", "xz"].map(|kind| mirror.publish(kind, 2));
    mirror.publish("zst", 2);
    mirror.remove(".tar.xz");
    mirror.build(&builder(mirror, ANY), "").await.unwrap();
    mirror.remove(".tar.zst");
    mirror.publish("xz", 2);
    mirror.build(&builder(mirror, ANY), "").await.unwrap();
    mirror.remove(".tar.xz");
    mirror.publish("zst", 2);
    mirror.build(&builder(mirror, ANY), "").await.unwrap();
    let trees = names.map(|name| tree(mirror, &name));
    assert!(trees.iter().all(|tree| tree.join("info").exists()));
    assert_eq!(mirror.begins().len(), 2);
    trees
}

#[tokio::test]
async fn the_one_used_least_recently_goes_first() {
    let mirror = Mirror::start("zst").await;
    let [last, first] = two(&mirror).await;
    builder(&mirror, ANY).tidy();
    assert_eq!(count(&mirror.dir().join("imagebuilders")), 2, "0 is any");

    let one = DiskLimits {
        imagebuilders: used(&last) * 3 / 2,
        floor: 0,
    };
    builder(&mirror, one).tidy();
    assert!(!first.exists(), "with all that belongs to it");
    assert!(last.join("info").exists() && last.join("tree/Makefile").exists());
    builder(&mirror, one).tidy();
    assert!(last.exists(), "the limit is kept");
    assert_eq!(count(&mirror.dir().join("scratch")), 0);

    mirror.remove(".tar.zst");
    mirror.publish("xz", 2);
    let builder = builder(&mirror, one);
    assert!(
        mirror.build(&builder, "").await.is_ok(),
        "it is fetched again"
    );
    eventually(|| !last.exists()).await;
    assert!(first.join("info").exists());
}

fn used(folder: &Path) -> u64 {
    let entries = folder.read_dir().unwrap().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata().unwrap() {
        found if found.is_dir() => used(&entry.path()),
        found => std::os::unix::fs::MetadataExt::blocks(&found) * 512,
    };
    entries.map(of).sum()
}

#[tokio::test]
async fn one_that_is_in_use_stays() {
    let mirror = Mirror::start("zst").await;
    let tiny = DiskLimits {
        imagebuilders: 1,
        floor: 0,
    };
    // Another server on the same folder, as far as locks can tell.
    let (busy, other) = (builder(&mirror, ANY), builder(&mirror, tiny));
    let (request, profiles, out) = (request(r#","packages":["slow"]"#), profiles(), mirror.out());
    let build = tokio::spawn(async move { busy.build(&request, &profiles, &|_| (), &out).await });
    let trees = mirror.dir().join("imagebuilders");
    let is_asked = |trees: &Path| {
        let mut trees = trees.read_dir().unwrap().flatten();
        trees.any(|tree| tree.path().join("info").exists())
    };
    eventually(|| is_asked(&trees)).await;
    other.tidy();
    assert_eq!(count(&trees), 1);
    build.abort();
    assert!(build.await.unwrap_err().is_cancelled());
    // A program that is just being started holds the lock a moment longer.
    eventually(|| {
        other.tidy();
        count(&trees) == 0
    })
    .await;
}

#[tokio::test]
async fn without_free_space_nothing_is_begun_and_the_unused_goes() {
    let mirror = Mirror::start("zst").await;
    let trees = two(&mirror).await;
    let out_of_reach = DiskLimits {
        imagebuilders: 0,
        floor: u64::MAX / 2,
    };
    let full = builder(&mirror, out_of_reach);
    let asked = mirror.begins().len();
    for _ in 0..2 {
        let error = mirror.failure(&full, "").await;
        assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
        assert_eq!(error.failure().cause, "disk-full");
        assert!(error.to_string().contains("disk is full"), "{error}");
    }
    // The one it was to be built with was in use at first, and missing then.
    assert!(trees.iter().filter(|tree| tree.exists()).count() <= 1);
    full.tidy();
    assert!(!trees.iter().any(|tree| tree.exists()));
    let error = mirror.failure(&full, "").await;
    assert_eq!(error.failure().cause, "disk-full");
    assert_eq!(mirror.begins().len(), asked, "nothing was downloaded");
    let roomy = builder(&mirror, DiskLimits::default());
    assert!(mirror.build(&roomy, "").await.is_ok());
}

#[tokio::test]
async fn what_older_servers_kept_is_replaced() {
    let mirror = Mirror::start("zst").await;
    let sha256 = mirror.publish("zst", 1);
    let server = mirror.builder();
    std::fs::create_dir(tree(&mirror, &sha256)).unwrap();
    std::fs::write(tree(&mirror, &sha256).join("Makefile"), "all:").unwrap();
    std::fs::write(tree(&mirror, "0.info"), "old").unwrap();
    assert!(mirror.build(&server, "").await.is_ok());
    assert!(!tree(&mirror, &sha256).join("Makefile").exists());
    server.tidy();
    assert!(!tree(&mirror, "0.info").exists());
}

#[tokio::test]
async fn downloads_that_nobody_goes_on_with_are_removed() {
    let mirror = Mirror::start("zst").await;
    let server = mirror.builder();
    let days_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(72);
    let place = |name: &str| mirror.dir().join("downloads").join(name);
    for (name, age) in [
        ("old", Some(days_ago)),
        ("busy", Some(days_ago)),
        ("new", None),
    ] {
        let file = std::fs::File::create(place(name)).unwrap();
        age.map_or(Ok(()), |time| file.set_modified(time)).unwrap();
    }
    let busy = std::fs::File::open(place("busy")).unwrap();
    busy.lock().unwrap();
    server.tidy();
    let left = ["old", "busy", "new"].map(|name| place(name).exists());
    assert_eq!(left, [false, true, true]);
}

#[tokio::test]
async fn an_imagebuilder_can_be_ready_before_the_first_build() {
    let mirror = Mirror::start("zst").await;
    let server = mirror.builder();
    let (version, target) = ("24.10.2".parse().unwrap(), "ath79/generic".parse().unwrap());
    for _ in 0..2 {
        server.warm(&version, &target).await.unwrap();
        assert_eq!(mirror.begins(), [0]);
    }
    let info = mirror.dir().join("imagebuilders").read_dir().unwrap();
    let info = info.flatten().next().unwrap().path().join("info");
    let text = std::fs::read_to_string(info).unwrap();
    assert!(text.contains("Default Packages:"), "{text}");
    assert!(mirror.build(&server, "").await.is_ok());
    assert_eq!(mirror.begins(), [0]);
    let missing = server.warm(&"24.10.9".parse().unwrap(), &target).await;
    assert_eq!(missing.unwrap_err().failure().cause, "imagebuilder-missing");
}
