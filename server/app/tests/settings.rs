//! The configuration file, beside flags and variables; and `check-config`, which tells what they lead to.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command.env_clear().args(arguments);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn written(folder: &TempDir, text: &str) -> PathBuf {
    let file = folder.path().join("server.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    file
}

/// What check-config says of one thing, with these settings.
fn finding(check: &str, command: &mut Command) -> (String, String) {
    let output = command.output().unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|one| one["check"] == check).unwrap();
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("state"), text("detail"))
}

fn look(file: &Path) -> Command {
    program(&[
        "check-config",
        "--offline",
        "--config",
        file.to_str().unwrap(),
    ])
}

fn fixture(name: &str) -> String {
    format!("{}/../../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_flag_goes_before_a_variable_a_variable_before_the_file_the_file_before_the_default() {
    let folder = TempDir::new().unwrap();
    let data = |name: &str| folder.path().join(name).display().to_string();
    let empty = written(&folder, "");
    let (_, told) = finding("data folder", &mut look(&empty));
    assert!(told.contains("/var/lib/asu-server"), "{told}");
    let file = written(&folder, &format!("data = {:?}\n", data("by-file")));
    let (state, told) = finding("data folder", &mut look(&file));
    assert_eq!(state, "ok");
    assert!(told.contains(&data("by-file")), "{told}");
    let mut by_variable = look(&file);
    by_variable.env("ASU_DATA", data("by-variable"));
    let (_, told) = finding("data folder", &mut by_variable);
    assert!(told.contains(&data("by-variable")), "{told}");
    by_variable.args(["--data", &data("by-flag")]);
    let (_, told) = finding("data folder", &mut by_variable);
    assert!(told.contains(&data("by-flag")), "{told}");
}

#[test]
fn the_file_may_be_named_by_a_variable() {
    let folder = TempDir::new().unwrap();
    let file = written(&folder, "no-worker = true\n");
    let mut command = program(&["check-config", "--offline"]);
    let (state, _) = finding("sandbox", command.env("ASU_CONFIG", file));
    assert_eq!(state, "skipped");
    let (state, _) = finding("sandbox", command.env("ASU_NO_WORKER", "false"));
    assert_ne!(
        state, "skipped",
        "a variable can switch off what the file switches on"
    );
}

#[test]
fn values_are_switches_numbers_texts_and_lists() {
    let folder = TempDir::new().unwrap();
    let keys = [fixture("usign/key.pub"), fixture("usign/other.pub")];
    let settings = format!(
        "# a comment\nno-worker = true\nunsigned-upstream = false\nrate = 1_000\n\
         listen = \"127.0.0.1:0\"\nupstream-key = {keys:?}\nwarm = \"24.10.2/ath79/generic\"\n"
    );
    let file = written(&folder, &settings);
    let (state, told) = finding("who signs ImageBuilders", &mut look(&file));
    assert_eq!((state.as_str(), &told[..15]), ("ok", "2 keys of usign"));
    let mut one = look(&file);
    let (_, told) = finding(
        "who signs ImageBuilders",
        one.args(["--upstream-key", &keys[0]]),
    );
    assert!(
        told.starts_with("1 keys of usign"),
        "a flag stands for the whole list: {told}"
    );
    let mut both = look(&file);
    let both = both.env("ASU_UNSIGNED_UPSTREAM", "true");
    let (state, told) = finding("who signs ImageBuilders", both);
    assert!(state == "problem" && told.contains("contradict"), "{told}");
}

#[test]
fn mistakes_are_told_with_file_and_line() {
    let folder = TempDir::new().unwrap();
    for (line, told) in [
        ("upstream-kye = []", "upstream-key may be meant"),
        ("colour = 3", "config example serve lists all"),
        ("config = \"other.toml\"", "no setting config"),
        (
            "server = \"http://x\"",
            "no setting server of asu-server serve",
        ),
        (
            "rate = \"many\"",
            "rate takes a whole number, as in rate = 20",
        ),
        (
            "no-worker = 1",
            "takes true or false, as in no-worker = false",
        ),
        ("contact = 7", "takes a text in quotes"),
        ("upstream-key = [1]", "or a list of them"),
        ("rate = -1", "'--rate <N>'"),
        ("sandbox = \"glass\"", "possible values: namespaces, none"),
        ("keep-versioned = \"1s\"", "at least a minute"),
        ("rate = 1\nrate = 2", "duplicate key"),
        ("= 3", ""),
    ] {
        let file = written(&folder, &format!("# first\n\n{line}\n"));
        let output = look(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        let said = said(&output);
        let line_number = if line.contains('\n') { 4 } else { 3 };
        let place = format!("server.toml:{line_number}: ");
        assert!(
            said.contains(&place) && said.contains(told),
            "{line}: {said}"
        );
    }
    let output = look(&folder.path().join("none")).output().unwrap();
    assert!(
        said(&output).contains("check --config"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_file_with_a_secret_is_not_for_everybody() {
    let folder = TempDir::new().unwrap();
    let open = |file: &Path, mode| {
        fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        let output = look(file).output().unwrap();
        said(&output)
    };
    let secret = written(&folder, "database = \"postgres://asu:secret@db/asu\"\n");
    let told = open(&secret, 0o644);
    assert!(
        told.contains("chmod o-r") && !told.contains("secret@"),
        "{told}"
    );
    assert!(!open(&secret, 0o640).contains("chmod"));
    let harmless = written(&folder, "database = \"postgres://asu@db/asu\"\n");
    assert!(!open(&harmless, 0o644).contains("chmod"));
}

#[test]
fn commands_beside_a_server_and_workers_read_what_is_theirs() {
    let folder = TempDir::new().unwrap();
    let jobs = folder.path().join("jobs.sqlite");
    let file = written(&folder, &format!("database = {jobs:?}\nrate = 5\n"));
    let config = ["--config", file.to_str().unwrap()];
    let add = program(&[&["token", "add", "attic"], &config[..]].concat()).output();
    assert!(add.unwrap().status.success() && jobs.exists());
    // It has no setting in common with a server, and so reads nothing.
    let compare = [
        "version-compare",
        "opkg",
        "1",
        "2",
        "--config",
        "/no/such/file",
    ];
    assert_eq!(program(&compare).output().unwrap().stdout, b"-1\n");
    let worker = program(&[&["worker"], &config[..]].concat())
        .output()
        .unwrap();
    assert!(said(&worker).contains("no setting database of asu-server worker"));
    written(
        &folder,
        "server = \"http://127.0.0.1:1\"\nexit-when-idle = \"1s\"\n",
    );
    let mut worker = program(&[&["worker"], &config[..]].concat());
    let data = folder.path().join("worker");
    worker
        .env("ASU_TOKEN", "a")
        .env("ASU_DATA", data)
        .env("ASU_SANDBOX", "none");
    let output = worker.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_examples_are_those_of_this_version_and_change_nothing() {
    let folder = TempDir::new().unwrap();
    for (command, name) in [("serve", "server"), ("worker", "worker")] {
        let example = program(&["config", "example", command]).output().unwrap();
        let example = String::from_utf8(example.stdout).unwrap();
        let kept = format!("{}/../dist/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let update = format!("asu-server config example {command} > server/dist/{name}.toml");
        assert!(
            fs::read_to_string(&kept).unwrap() == example,
            "run: {update}"
        );
        let is_setting = |line: &&str| !line.starts_with('#') && !line.is_empty();
        assert_eq!(example.lines().find(is_setting), None);
    }
    let example = fs::read_to_string(fixture("../../server/dist/server.toml")).unwrap();
    let lines: Vec<&str> = example.lines().collect();
    let defaults = lines
        .windows(2)
        .filter(|two| two[0].ends_with("; default."));
    let defaults: Vec<&str> = defaults.map(|two| two[1].trim_start_matches('#')).collect();
    assert!(defaults.len() > 20, "{defaults:?}");
    let outcome = |text: &str| {
        let output = look(&written(&folder, text)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = outcome("");
    assert!(plain.contains("who signs"));
    assert_eq!(outcome(&defaults.join("\n")), plain);
}

#[test]
fn check_config_tells_every_problem_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let distributions = folder.path().join("distributions");
    fs::create_dir(&distributions).unwrap();
    fs::write(distributions.join("mine.yml"), "nonsense: true\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = written(&folder, "no-worker = true\n");
    let mut command = look(&file);
    command.args(["--data", data.to_str().unwrap(), "--listen", &address]);
    command.args(["--distributions", distributions.to_str().unwrap()]);
    command.args(["--key", folder.path().join("none").to_str().unwrap()]);
    command.args(["--disk-floor", "900PB", "--database", "mysql://a/b"]);
    for (check, told) in [
        ("who signs ImageBuilders", "--upstream-key FILE"),
        ("own key", "none.sec"),
        ("distributions", "mine.yml:1"),
        ("free disk space", "--disk-floor"),
        ("database", "mysql:// is neither"),
        ("address", "choose another --listen"),
    ] {
        let (state, detail) = finding(check, &mut command);
        assert!(
            state == "problem" && detail.contains(told),
            "{check}: {state} {detail}"
        );
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("6 problems"), "{}", said(&output));
    assert!(!data.exists());

    let mut good = look(&file);
    good.args(["--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let output = good.arg("--unsigned-upstream").output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!data.exists());
}
