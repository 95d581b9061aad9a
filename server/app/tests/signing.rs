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

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    format!("{folder}/{name}")
}

#[test]
fn verify_says_whose_a_file_is_and_what_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let verify = |key: &str, file: &str, more: &[&str]| {
        let key = fixture(key);
        run(
            dir.path(),
            &[&["verify", "--key", &key, file], more].concat(),
        )
    };
    let image = fixture("fwtool/image-meta-ucert.bin");
    let good = verify("fwtool/build.pub", &image, &[]);
    assert!(good.status.success());
    let said: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!(said["signature"], "appended");
    assert_eq!(said["key"], "c0d0fc58a25552e9");
    assert_eq!(said["signed_bytes"], 65_802);

    let message = fixture("usign/message.txt");
    let beside = verify("usign/key.pub", &message, &[]);
    assert!(beside.status.success(), "message.txt.sig lies beside it");
    let other = fixture("usign/message.txt.other.sig");
    let refused = complaint(&verify("usign/key.pub", &message, &["--sig", &other]));
    assert!(
        refused.contains("signed by the key ec648dc65e64779d, not by c0d0fc58a25552e9"),
        "{refused}"
    );
    assert!(
        verify("usign/other.pub", &message, &["--sig", &other])
            .status
            .success()
    );
    let signature = fixture("usign/message.txt.sig");
    let changed = fixture("usign/changed.txt");
    let refused = complaint(&verify("usign/key.pub", &changed, &["--sig", &signature]));
    assert!(refused.contains("its bytes are not those"), "{refused}");
    let refused = complaint(&verify("usign/key.pub", &changed, &["--sig", &message]));
    assert!(
        refused.contains("message.txt: this is not a usign signature"),
        "{refused}"
    );
    for (file, what) in [
        ("fwtool/image-meta.bin", "carries no signature"),
        ("fwtool/image-meta-corrupt-body.bin", "changed or cut"),
        ("usign/no-such-file", "cannot be read"),
    ] {
        let refused = complaint(&verify("usign/key.pub", &fixture(file), &[]));
        assert!(refused.contains(what), "{refused}");
    }
    let refused = complaint(&verify("usign/message.txt", &message, &[]));
    assert!(refused.contains("check --key"), "{refused}");
}

#[test]
fn a_key_that_others_can_read_is_not_served_with() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        run(dir.path(), &["keygen", "--out", "mine"])
            .status
            .success()
    );
    let secret = dir.path().join("mine.sec");
    let wide = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&secret, wide).unwrap();
    let serve = |key| {
        run(
            dir.path(),
            &["serve", "--unsigned-upstream", "--data", "d", "--key", key],
        )
    };
    let refused = complaint(&serve("mine"));
    assert!(refused.contains("run: chmod 600 mine.sec"), "{refused}");
    let refused = complaint(&serve("none"));
    assert!(refused.contains("none.sec"), "{refused}");
    assert!(!dir.path().join("d").exists());
}
