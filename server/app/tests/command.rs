//! The program as an operator meets it.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Nothing listens here; a server must start all the same.
const NO_UPSTREAM: &str = "http://127.0.0.1:1";

fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command.env_clear();
    command
}

fn serve(data: &Path) -> Command {
    let mut command = server();
    command.args(["serve", "--upstream", NO_UPSTREAM, "--unsigned-upstream"]);
    command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data);
    command
}

/// A started server; killed, should its test fail.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Its first line, empty if it ended without one.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

fn start(command: &mut Command) -> Running {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    Running { child, stdout }
}

fn refused(command: &mut Command) -> String {
    let mut running = start(command);
    assert_eq!(running.line(), "", "it started");
    let mut said = String::new();
    let mut stderr = running.child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(1));
    said
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    // The shell's own kill: not every Debian has the program.
    let kill = Command::new("sh")
        .args(["-c", "kill $0 $1", name, &pid])
        .status();
    let sent = kill.unwrap();
    assert!(sent.success());
}

#[test]
fn help_tells_how_to_run_it() {
    let help = server().args(["serve", "--help"]).output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    for word in [
        "--upstream-key",
        "--data",
        "--listen",
        "SIGTERM",
        "listening",
        "Examples",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn without_a_key_it_does_not_start_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = server();
    command
        .args(["serve", "--upstream", NO_UPSTREAM, "--data"])
        .arg(dir.path());
    let said = refused(&mut command);
    assert!(
        said.contains("--upstream-key") && said.contains("--unsigned-upstream"),
        "{said}"
    );
}

#[test]
fn a_key_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key.pub");
    std::fs::write(&key, "not a key").unwrap();
    for file in [&key, &dir.path().join("absent.pub")] {
        let mut command = server();
        command
            .args(["serve", "--upstream", NO_UPSTREAM, "--data"])
            .arg(dir.path());
        let said = refused(command.arg("--upstream-key").arg(file));
        assert!(said.contains(&file.display().to_string()), "{said}");
        let mut command = server();
        command
            .args(["serve", "--upstream", NO_UPSTREAM, "--data"])
            .arg(dir.path());
        let said = refused(command.arg("--upstream-gpg-key").arg(file));
        assert!(said.contains(&file.display().to_string()), "{said}");
    }
}

#[test]
fn a_key_of_gnupg_is_enough_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let key = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/openpgp/release.pub"
    );
    let mut command = server();
    command
        .args([
            "serve",
            "--upstream",
            NO_UPSTREAM,
            "--listen",
            "127.0.0.1:0",
        ])
        .args(["--upstream-gpg-key", key, "--data"])
        .arg(dir.path());
    assert!(start(&mut command).line().contains("listening"));
}

#[test]
fn what_cannot_be_made_ready_is_said_and_the_server_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = serve(dir.path());
    command.args(["--warm", "24.10.2/ath79/generic"]);
    let mut running = start(&mut command);
    assert!(running.line().contains("listening"));
    let stderr = BufReader::new(running.child.stderr.take().unwrap());
    let mut said = stderr.lines().map_while(Result::ok);
    let warned = said.find(|line| line.contains("cannot be made ready"));
    assert!(warned.unwrap().contains("ath79/generic"));
}

#[test]
fn it_says_where_it_listens_and_ends_well_on_a_signal() {
    for name in ["-TERM", "-INT"] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = start(&mut serve(dir.path()));
        let said: serde_json::Value = serde_json::from_str(&server.line()).unwrap();
        let url = said["listening"].as_str().unwrap();
        assert!(
            url.starts_with("http://127.0.0.1:") && !url.ends_with(":0"),
            "{url}"
        );
        signal(&server.child, name);
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        assert_eq!(server.line(), "", "one line is all");
    }
}

#[test]
fn a_data_folder_is_one_servers_and_free_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = start(&mut serve(dir.path()));
    first.line();
    let said = refused(&mut serve(dir.path()));
    assert!(said.contains("another asu-server"), "{said}");
    signal(&first.child, "-KILL");
    first.child.wait().unwrap();

    let mut second = start(&mut serve(dir.path()));
    assert!(second.line().contains("listening"));
    signal(&second.child, "-TERM");
    assert!(second.child.wait().unwrap().success());
}
