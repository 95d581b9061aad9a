//! A package whose scripts attack the machine they are built on.

use std::time::{Duration, Instant};

use asu_builder::{BUILD_LOG, BuildError, Builder, BuilderConfig, Failure, Sandbox, SandboxLimits};

use landlock::{AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};

use crate::mirror::{Mirror, eventually, files, sandbox};

/// Long enough for a build, short enough for a test of one that never ends.
const LIMIT: Duration = Duration::from_secs(8);

fn builder(mirror: &Mirror) -> Builder {
    let limits = SandboxLimits {
        memory: 512 << 20,
        processes: 64,
        file: 100 << 20,
        disk: 200 << 20,
    };
    Builder::new(BuilderConfig {
        time_limit: LIMIT,
        sandbox: Some(Sandbox {
            limits,
            ..sandbox()
        }),
        ..mirror.config()
    })
    .unwrap()
}

/// Lets the package try `what`; gives what became of the build, once all of it is gone.
async fn attack(mirror: &Mirror, what: &str) -> Failure {
    let builder = builder(mirror);
    let trees = mirror.dir().join("imagebuilders");
    mirror.build(&builder, "").await.unwrap();
    let before = files(&trees);
    let begun = Instant::now();
    let package = format!(r#","packages":["hostile-{what}"]"#);
    let error: BuildError = mirror.failure(&builder, &package).await;
    assert!(begun.elapsed() < LIMIT * 2, "{what} held the builder up");
    // Its folder holds every process that is still at work there.
    builder.tidied().await;
    let scratch = mirror.dir().join("scratch");
    eventually(|| !is_at_work(&scratch)).await;
    assert!(
        scratch.read_dir().unwrap().next().is_none(),
        "{what} left files"
    );
    assert_eq!(files(&trees), before, "{what} changed the ImageBuilder");
    let image = mirror.build(&builder, "").await.unwrap();
    assert!(!image.manifest.keys().any(|name| name.contains("hostile")));
    error.failure().clone()
}

/// Whether any process has this folder in its command line or works below it.
fn is_at_work(scratch: &std::path::Path) -> bool {
    let wanted = scratch.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.map(|entry| entry.path()).any(|process| {
        let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
        let place = std::fs::read_link(process.join("cwd")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(wanted) || place.starts_with(scratch)
    })
}

#[tokio::test]
async fn nothing_of_this_machine_can_be_read() {
    let mirror = Mirror::start("zst").await;
    let failure = attack(&mirror, "shadow").await;
    assert_eq!(failure.cause, "build-failed", "{failure:?}");
    assert!(!failure.stderr.contains("root:"), "{failure:?}");
    // A variable that cargo sets for this test, which is the server here.
    let failure = attack(&mirror, "process").await;
    assert_eq!(failure.cause, "build-failed", "{failure:?}");
}

#[tokio::test]
async fn only_the_mirror_can_be_reached() {
    let mirror = Mirror::start("zst").await;
    let failure = attack(&mirror, "mirror").await;
    assert!(failure.stderr.contains("Connection refused"), "{failure:?}");
    assert_eq!(attack(&mirror, "elsewhere").await.cause, "build-failed");
    mirror.put("secret-of-the-mirror", "public after all");
    let failure = attack(&mirror, "below").await;
    assert!(failure.stderr.contains("reached the mirror"), "{failure:?}");
}

fn has_landlock() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::WriteFile)
        .and_then(Ruleset::create)
        .is_ok()
}

#[tokio::test]
async fn nothing_outside_can_be_written() {
    let mirror = Mirror::start("zst").await;
    // What Landlock alone refuses is refused where the kernel has it.
    let own = has_landlock().then_some("own");
    for what in ["outside", "mount"].into_iter().chain(own) {
        assert_eq!(attack(&mirror, what).await.cause, "build-failed");
    }
    let escaped = ["/escaped", "/usr/escaped", "/etc/escaped"].map(std::path::PathBuf::from);
    for place in escaped.into_iter().chain([
        mirror.folder.path().join("escaped"),
        mirror.dir().join("escaped"),
        mirror.dir().join("scratch/escaped"),
    ]) {
        assert!(!place.exists(), "{}", place.display());
    }
}

#[tokio::test]
async fn a_link_in_place_of_an_image_leads_nowhere() {
    let mirror = Mirror::start("zst").await;
    std::fs::write(mirror.folder.path().join("secret"), "of the server").unwrap();
    let error = mirror
        .failure(&builder(&mirror), r#","packages":["linked"]"#)
        .await;
    assert_eq!(error.failure().cause, "storage", "{error:?}");
    let out = mirror.out();
    let left: Vec<_> = out.read_dir().unwrap().flatten().collect();
    let names: Vec<_> = left.iter().map(std::fs::DirEntry::file_name).collect();
    assert_eq!(names, [BUILD_LOG]);
}

#[tokio::test]
async fn processes_without_end_are_ended() {
    let mirror = Mirror::start("zst").await;
    assert_eq!(attack(&mirror, "bomb").await.cause, "time-limit");
    // The kernel does the same to a build when it lacks memory.
    let failure = attack(&mirror, "kill").await;
    assert_eq!(failure.cause, "infrastructure", "{failure:?}");
}

#[tokio::test]
async fn space_and_memory_without_end_are_refused() {
    let mirror = Mirror::start("zst").await;
    for (what, cause) in [
        ("fill", "resource-limit"),
        ("large", "resource-limit"),
        ("temporary", "disk-full"),
        ("memory", "build-failed"),
    ] {
        let failure = attack(&mirror, what).await;
        assert_eq!(failure.cause, cause, "{what}: {failure:?}");
    }
}
