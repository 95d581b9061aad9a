//! Disks that are full, or cannot be written to: mounted for the server alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::served::assert_whole;
use crate::server::Server;
use crate::{Stage, contents, processes, until_tried, wish};

/// The smallest file system that holds an answer's images, and little more.
const SIZE: &str = "size=64m";
/// What is left free on the full one, bytes: enough for notes, too little for an image.
const LEFT: u64 = 8 << 10;

/// A command that mounts a file system of its own at `place` before it becomes the program; nothing,
/// with a word on why, where this machine lets nobody mount.
fn mounting(place: &Path, options: &str) -> Option<Command> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount"]);
    let possible = unshare.arg("true").output();
    if !possible.is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: this machine allows no user namespaces to mount in");
        return None;
    }
    std::fs::create_dir_all(place).unwrap();
    let mount = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
    command.arg(place).arg(env!("CARGO_BIN_EXE_asu-server"));
    Some(command)
}

/// The image store lies on a small disk; ImageBuilders and jobs do not.
fn on_a_small_disk(stage: &Stage) -> Option<(Server, PathBuf)> {
    let data = stage.folder.path().join("data");
    let program = mounting(&data, SIZE)?;
    let outside = stage.folder.path().join("jobs.sqlite");
    // One that is root in a namespace cannot be nobody there, so builds are not confined.
    let outside = outside.to_str().unwrap();
    let options = [
        "--sandbox",
        "none",
        "--disk-floor",
        "0",
        "--database",
        outside,
    ];
    let server = Server::start_as(program, &data, &stage.mirror.url, &options);
    let process = processes::server_on(&data).pid;
    let inside = format!("/proc/{process}/root{}", data.display());
    Some((server, inside.into()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_no_answer_to_a_request() {
    let stage = Stage::open();
    let Some((server, data)) = on_a_small_disk(&stage) else {
        return;
    };
    let whole = server.build(&wish(0)).await;
    assert_whole(&server, &whole).await;

    let filler = data.join("filler");
    fill(&data, &filler);
    let asked = server.post("/api/v1/build", &wish(1)).await;
    assert_eq!(asked.status, 202, "{}", asked.json());
    let hash = asked.json()["request_hash"].as_str().unwrap().to_owned();
    until_tried(&server).await;
    assert!(server.logged("No space left on device") + server.logged("storage") > 0);
    // What was there before is given out all the while, and the job waits for its next try.
    assert_whole(&server, &whole).await;
    let waits = server.get(&format!("/api/v1/build/{hash}")).await;
    assert_eq!(waits.status, 202, "{}", waits.json());

    std::fs::remove_file(filler).unwrap();
    let answer = server.finished(&hash).await;
    assert_whole(&server, &answer).await;
    assert_eq!(data.join("unfinished").read_dir().unwrap().count(), 0);
    server.stop().await;
}

/// Leaves little room on the disk.
fn fill(disk: &Path, filler: &Path) {
    // Not df, which would look at the folder of this name outside.
    let stat = Command::new("stat")
        .args(["--file-system", "--format=%a %S"])
        .arg(disk)
        .output();
    let said = String::from_utf8(stat.unwrap().stdout).unwrap();
    let mut numbers = said
        .split_whitespace()
        .map(|number| number.parse::<u64>().unwrap());
    let free = numbers.next().unwrap() * numbers.next().unwrap();
    let zeros = usize::try_from(free.saturating_sub(LEFT)).unwrap();
    std::fs::write(filler, vec![0; zeros]).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let Some(mut program) = mounting(&data, "ro") else {
        return;
    };
    let key = folder.path().join("key.pub");
    std::fs::write(&key, contents::public_key()).unwrap();
    program.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://127.0.0.1:1",
    ]);
    program
        .arg("--upstream-key")
        .arg(key)
        .arg("--data")
        .arg(&data);
    let ended = program.output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    for words in [data.to_str().unwrap(), "Read-only file system", "check"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(ended.stdout, b"");
}
