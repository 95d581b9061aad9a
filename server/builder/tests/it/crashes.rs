//! Servers that are killed, and disks that are full, while an ImageBuilder comes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use asu_builder::{BuildError, Builder, BuilderConfig, DiskLimits, Trust};

use crate::mirror::{Manner, Mirror, eventually, files};

/// Files of 8 KiB in the ImageBuilder: enough to be killed between.
const BALLAST: u32 = 400;

fn command(mirror: &Mirror, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("MIRROR", &mirror.url)
        .env("FOLDER", mirror.dir())
        .stdout(Stdio::null());
    command
}

fn fetch(mirror: &Mirror) -> Child {
    let this = std::env::current_exe().unwrap();
    command(mirror, this.to_str().unwrap())
        .args(["--exact", "crashes::fetching", "--ignored"])
        .spawn()
        .unwrap()
}

fn config() -> Option<BuilderConfig> {
    Some(BuilderConfig {
        upstream: std::env::var("MIRROR").ok()?,
        dir: std::env::var_os("FOLDER")?.into(),
        trust: Trust::Unsigned,
        time_limit: Duration::from_mins(1),
        imagebuilder: None,
        disk: DiskLimits {
            imagebuilders: 0,
            floor: 0,
        },
        sandbox: None,
        packages: asu_builder::PackageConfig::default(),
    })
}

async fn warm(builder: &Builder) -> Result<(), BuildError> {
    let (version, target) = ("24.10.2".parse().unwrap(), "ath79/generic".parse().unwrap());
    builder.warm(&version, &target).await
}

/// Not a test of its own: a server that is killed.
#[tokio::test]
#[ignore = "started by a_server_that_is_killed_leaves_no_half_imagebuilder"]
async fn fetching() {
    if let Some(config) = config() {
        let _ = warm(&Builder::new(config).unwrap()).await;
    }
}

/// The files of the only ImageBuilder, if there is one, without where it lies.
fn tree(mirror: &Mirror) -> Option<BTreeMap<PathBuf, Vec<u8>>> {
    let mut trees = mirror.dir().join("imagebuilders").read_dir().unwrap();
    let tree = trees.next()?.unwrap().path().join("tree");
    assert!(trees.next().is_none());
    let found = files(&tree).into_iter();
    let inside = |path: PathBuf| path.strip_prefix(&tree).unwrap().to_owned();
    Some(found.map(|(path, bytes)| (inside(path), bytes)).collect())
}

/// How many files and folders lie below a folder, as far as they can be seen.
fn below(folder: &Path) -> usize {
    let Ok(entries) = folder.read_dir() else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| 1 + below(&entry.path()))
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_leaves_no_half_imagebuilder() {
    let mirror = Mirror::start("zst").await;
    let sha256 = mirror.publish("zst", BALLAST);
    warm(&mirror.builder()).await.unwrap();
    let whole = tree(&mirror).unwrap();
    assert!(whole.len() > BALLAST as usize);
    mirror.set(Manner {
        parts: true,
        pause: Duration::from_millis(2),
        ..Manner::default()
    });
    let partial = mirror.dir().join("downloads").join(&sha256);
    let scratch = mirror.dir().join("scratch");
    // How much is downloaded, and how much is unpacked, when it is killed.
    let moments = [(1, 0), (1 << 20, 0), (0, 2), (0, 100), (0, 390), (0, 405)];
    for (downloaded, unpacked) in moments {
        std::fs::remove_dir_all(mirror.dir().join("imagebuilders")).unwrap();
        std::fs::create_dir(mirror.dir().join("imagebuilders")).unwrap();
        let mut server = fetch(&mirror);
        let length = || std::fs::metadata(&partial).map_or(0, |found| found.len());
        let is_unpacked = || unpacked > 0 && below(&scratch) >= unpacked;
        let is_time = || is_unpacked() || (unpacked == 0 && length() >= downloaded);
        while !is_time() && server.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let moment = format!("{downloaded} {unpacked}");
        if let Some(found) = tree(&mirror) {
            assert!(found == whole, "half an ImageBuilder: {moment}");
        }
        let before = (mirror.begins().len(), length());
        let next = mirror.builder();
        assert_eq!(below(&scratch), 0, "{moment}");
        warm(&next).await.unwrap();
        assert!(tree(&mirror).unwrap() == whole, "{moment}");
        if unpacked == 0 {
            assert_eq!(
                mirror.begins()[before.0..],
                [usize::try_from(before.1).unwrap()]
            );
        }
    }
}

/// Runs the test `name` where the builder's folder is on a disk of its own, prepared by `script`.
fn on_a_disk(mirror: &Mirror, script: &str, name: &str) {
    std::fs::create_dir_all(mirror.dir()).unwrap();
    let script = format!(r#"{script} && exec "$0" --exact "crashes::{name}" --ignored"#);
    let this = std::env::current_exe().unwrap();
    let ran = command(mirror, "unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(this)
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(said.contains("1 passed"), "{said}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_leaves_nothing_half() {
    let mirror = Mirror::start("zst").await;
    mirror.publish("zst", BALLAST);
    let archive = mirror.bytes().len();
    // Too small for the archive, and for what is in it.
    for size in [archive / 2, archive + (2 << 20)] {
        let mount = format!(r#"mount -t tmpfs -o size={size} none "$FOLDER""#);
        on_a_disk(&mirror, &mount, "fetching_on_a_small_disk");
    }
}

/// Not a test of its own.
#[tokio::test]
#[ignore = "started by a_full_disk_is_told_and_leaves_nothing_half"]
async fn fetching_on_a_small_disk() {
    let config = config().unwrap();
    let dir = config.dir.clone();
    let builder = Builder::new(config).unwrap();
    for _ in 0..2 {
        let error = warm(&builder).await.unwrap_err();
        assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
        assert_eq!(error.failure().cause, "disk-full", "{error:?}");
        assert_eq!(below(&dir.join("imagebuilders")), 0);
        eventually(|| below(&dir.join("scratch")) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_is_told() {
    let mirror = Mirror::start("zst").await;
    let mount = r#"mount -t tmpfs none "$FOLDER" && mount -o remount,ro "$FOLDER""#;
    on_a_disk(&mirror, mount, "starting_without_a_disk");
}

/// Not a test of its own.
#[tokio::test]
#[ignore = "started by a_disk_that_cannot_be_written_is_told"]
async fn starting_without_a_disk() {
    let error = Builder::new(config().unwrap()).unwrap_err();
    assert_eq!(error.failure().cause, "storage", "{error:?}");
    assert!(error.to_string().contains("read-only"), "{error}");
}
