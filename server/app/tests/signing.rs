//! Keys and signatures on the command line.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    let command = command.env_clear().current_dir(dir).args(arguments);
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn keygen_makes_a_pair_and_never_overwrites_one() {
    let dir = tempfile::tempdir().unwrap();
    let made = run(
        dir.path(),
        &["keygen", "--out", "mine", "--comment", "ours"],
    );
    assert!(made.status.success());
    let answer: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(answer["fingerprint"].as_str().unwrap().len(), 16);
    let secret = std::fs::read(dir.path().join("mine.sec")).unwrap();
    let printed = [made.stdout, made.stderr].concat();
    let line = secret.split(|b| *b == b'\n').nth(1).unwrap();
    assert!(!printed.windows(line.len()).any(|part| part == line));

    let refused = complaint(&run(dir.path(), &["keygen", "--out", "mine"]));
    assert!(refused.contains("mine.pub exists already"), "{refused}");
    assert_eq!(std::fs::read(dir.path().join("mine.sec")).unwrap(), secret);
    let refused = complaint(&run(dir.path(), &["keygen", "--out", "no/such/folder"]));
    assert!(refused.contains("no/such/folder"), "{refused}");
}
