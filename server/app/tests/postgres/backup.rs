//! `backup` of a server that runs, `restore` to another place, and `migrate-store`, by the program itself.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::program::{Program, is_finished};
use super::site::mirror::Mirror;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command.env_clear().args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The bytes of an answer's first image.
async fn image(server: &Program, answer: &Value) -> Option<Vec<u8>> {
    let (folder, name) = (&answer["bin_dir"], &answer["images"][0]["name"]);
    let (folder, name) = (folder.as_str().unwrap(), name.as_str().unwrap());
    let url = format!("{}/store/{folder}/{name}", server.url);
    let found = server.client.get(url).send().await.unwrap();
    let found = found.error_for_status().ok()?;
    Some(found.bytes().await.unwrap().to_vec())
}

async fn answer(server: &Program, hash: &str) -> Value {
    let url = format!("{}/api/v1/build/{hash}", server.url);
    let answer = server.client.get(url).send().await.unwrap();
    answer.json().await.unwrap()
}

/// A server with a finished build and one under way, backed up, and restored where `to` says.
async fn there_and_back(from: &str, to: &str) {
    let mirror = Mirror::start().await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let backup = here.path().join("backup");
    let mut server = Program::start(&mirror, here.path(), from);
    let finished = server.ask_for(&[]).await;
    let before = server.wait(&finished, is_finished).await;
    let bytes = image(&server, &before).await.unwrap();
    let waiting = server.ask().await;
    mirror.reached(1).await;
    let (data, out) = (text(here.path()), text(&backup));
    let make = [
        "backup",
        "--out",
        out,
        "--data",
        data,
        "--database",
        from,
        "--with-images",
    ];
    let label = done(&make);
    assert_eq!(
        (&label["rows"]["jobs"], &label["images"]),
        (&2.into(), &1.into())
    );
    let again = refused(&make);
    assert!(again.contains("is there already"), "{again}");
    server.kill();

    let data = text(there.path());
    let restore = ["restore", "--from", out, "--data", data, "--database", to];
    let restored = done(&restore);
    assert_eq!(
        restored,
        serde_json::json!({"images": 1, "queued_again": 1, "forgotten": 0})
    );
    let again = refused(&restore);
    assert!(
        again.contains("already") || again.contains("nothing is overwritten"),
        "{again}"
    );
    let server = Program::start(&mirror, there.path(), to);
    assert_eq!(answer(&server, &finished).await, before);
    assert_eq!(image(&server, &before).await.unwrap(), bytes);
    mirror.reached(2).await;
    mirror.open_the_gate();
    let built = server.wait(&waiting, is_finished).await;
    assert_eq!(built["detail"], "done", "{built}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgresql_held_comes_back_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.sqlite");
    there_and_back(&asu_test_postgres::database(), text(&file)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sqlite_held_comes_back_in_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.sqlite");
    there_and_back(text(&file), &asu_test_postgres::database()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_images_what_was_built_is_built_anew() {
    let mirror = Mirror::start().await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [from, to] = [&here, &there].map(|folder| folder.path().join("jobs.sqlite"));
    let backup = here.path().join("backup");
    let mut server = Program::start(&mirror, here.path(), text(&from));
    let finished = server.ask_for(&[]).await;
    let before = server.wait(&finished, is_finished).await;
    done(&[
        "backup",
        "--out",
        text(&backup),
        "--data",
        text(here.path()),
    ]);
    server.kill();
    let restored = done(&[
        "restore",
        "--from",
        text(&backup),
        "--data",
        text(there.path()),
    ]);
    assert_eq!(restored["forgotten"], 1);
    let server = Program::start(&mirror, there.path(), text(&to));
    assert_eq!(answer(&server, &finished).await["status"], 404);
    assert_eq!(server.ask_for(&[]).await, finished);
    let after = server.wait(&finished, is_finished).await;
    assert_eq!(after["manifest"], before["manifest"]);
    assert!(image(&server, &after).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_migrated_once_its_server_has_stopped() {
    let mirror = Mirror::start().await;
    let here = tempfile::tempdir().unwrap();
    let (file, there) = (
        here.path().join("jobs.sqlite"),
        asu_test_postgres::database(),
    );
    let mut server = Program::start(&mirror, here.path(), text(&file));
    let finished = server.ask_for(&[]).await;
    let before = server.wait(&finished, is_finished).await;
    let migrate = ["migrate-store", "--from", text(&file), "--to", &there];
    let told = refused(&migrate);
    assert!(told.contains("another asu-server is using"), "{told}");
    server.kill();
    assert_eq!(done(&migrate)["jobs"], 1);
    let told = refused(&migrate);
    assert!(told.contains("nothing is overwritten"), "{told}");
    let server = Program::start(&mirror, here.path(), &there);
    assert_eq!(answer(&server, &finished).await, before);
    assert!(image(&server, &before).await.is_some());
}

#[test]
fn keys_are_in_a_backup_only_if_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (key, jobs) = (at("mine"), at("jobs.sqlite"));
    done(&["keygen", "--out", &key]);
    done(&["token", "add", "attic", "--database", &jobs]);
    let common = ["--data", &at("data"), "--database", &jobs, "--key", &key];
    let (without, with) = (at("without"), at("with"));
    done(&[&["backup", "--out", &without], &common[..]].concat());
    done(&[&["backup", "--with-keys", "--out", &with], &common[..]].concat());
    assert!(!Path::new(&without).join("key.sec").exists());
    let to = ["--data", &at("new"), "--key", &at("other"), "--with-keys"];
    let told = refused(&[&["restore", "--from", &without], &to[..]].concat());
    assert!(told.contains("no keys in this backup"), "{told}");
    done(&[&["restore", "--from", &with], &to[..]].concat());
    for ending in ["sec", "pub"] {
        let read = |prefix: &str| std::fs::read(format!("{prefix}.{ending}")).unwrap();
        assert_eq!(read(&key), read(&at("other")));
    }
}
