//! Nothing outlives its build, and nothing a crash left behind is taken for whole.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use asu_builder::{BuildError, Builder, BuilderConfig, DiskLimits, PackageConfig, Trust};

use crate::mirror::{Mirror, eventually, profiles, request};

const SLOW: &str = r#","packages":["slow"]"#;

/// Whether the mirror's package `slow` is being built anywhere on this machine.
fn is_running(mirror: &Mirror) -> bool {
    let wanted = format!("sleep\0{}\0", mirror.patience());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.map(|entry| std::fs::read(entry.path().join("cmdline")));
    commands
        .flatten()
        .any(|command| command == wanted.as_bytes())
}

async fn started(mirror: &Mirror) {
    eventually(|| is_running(mirror)).await;
}

#[tokio::test]
async fn a_build_that_takes_too_long_is_ended() {
    let mirror = Mirror::start("zst").await;
    let config = BuilderConfig {
        time_limit: Duration::from_secs(2),
        ..mirror.config()
    };
    let begin = Instant::now();
    let error = mirror.failure(&Builder::new(config).unwrap(), SLOW).await;
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert_eq!(error.failure().cause, "time-limit");
    assert!(begin.elapsed() < Duration::from_secs(20));
    eventually(|| !is_running(&mirror)).await;
}

#[tokio::test]
async fn a_build_that_is_dropped_is_ended() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    let (request, profiles, out) = (request(SLOW), profiles(), mirror.out());
    let build =
        tokio::spawn(async move { builder.build(&request, &profiles, &|_| (), &out).await });
    started(&mirror).await;
    build.abort();
    eventually(|| !is_running(&mirror)).await;
    let scratch = mirror.dir().join("scratch");
    eventually(|| scratch.read_dir().unwrap().next().is_none()).await;
}

#[tokio::test]
async fn a_server_that_is_killed_leaves_no_build_running() {
    let mirror = Mirror::start("zst").await;
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifetime::server_to_be_killed", "--ignored"])
        .env("MIRROR", &mirror.url)
        .env("FOLDER", mirror.folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    started(&mirror).await;
    server.kill().unwrap();
    server.wait().unwrap();
    eventually(|| !is_running(&mirror)).await;

    let scratch = mirror.dir().join("scratch");
    assert!(
        scratch.read_dir().unwrap().next().is_some(),
        "the killed server could not clean up"
    );
    let _next = mirror.builder();
    assert!(
        scratch.read_dir().unwrap().next().is_none(),
        "the next one does"
    );
}

/// Not a test of its own: the process that the test above kills.
#[tokio::test]
#[ignore = "started by a_server_that_is_killed_leaves_no_build_running"]
async fn server_to_be_killed() {
    let (Ok(upstream), Ok(folder)) = (std::env::var("MIRROR"), std::env::var("FOLDER")) else {
        return;
    };
    let dir = std::path::Path::new(&folder).join("builder");
    let config = BuilderConfig {
        upstream,
        dir,
        trust: Trust::Unsigned,
        time_limit: Duration::from_mins(1),
        imagebuilder: None,
        disk: DiskLimits::default(),
        sandbox: Some(crate::mirror::sandbox()),
        packages: PackageConfig::default(),
    };
    let builder = Builder::new(config).unwrap();
    let _ = builder
        .build(
            &request(SLOW),
            &profiles(),
            &|_| (),
            std::path::Path::new(&folder),
        )
        .await;
}

#[tokio::test]
async fn a_running_servers_folders_are_not_taken_for_remains() {
    let mirror = Mirror::start("zst").await;
    let _first = mirror.builder();
    let busy = mirror.dir().join("scratch/busy");
    std::fs::create_dir(&busy).unwrap();
    let _second = mirror.builder();
    assert!(busy.exists());
}

#[tokio::test]
async fn an_archive_that_cannot_be_unpacked_leaves_no_tree() {
    let mirror = Mirror::start("zst").await;
    let name = "openwrt-imagebuilder-24.10.2-ath79-generic.Linux-x86_64.tar.zst";
    let torn = zstd::encode_all(&[1_u8; 4000][..], 1).unwrap();
    let sum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&torn));
    mirror.put(&format!("{}/{name}", crate::mirror::FOLDER), torn);
    mirror.put(
        &format!("{}/sha256sums", crate::mirror::FOLDER),
        format!("{sum} *{name}\n"),
    );
    let builder = Builder::new(BuilderConfig {
        trust: Trust::Unsigned,
        ..mirror.config()
    })
    .unwrap();
    let error = mirror.failure(&builder, "").await;
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert!(
        mirror
            .dir()
            .join("imagebuilders")
            .read_dir()
            .unwrap()
            .next()
            .is_none()
    );
    assert!(
        mirror
            .dir()
            .join("scratch")
            .read_dir()
            .unwrap()
            .next()
            .is_none()
    );
}
