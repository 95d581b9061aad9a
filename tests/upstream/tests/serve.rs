//! The server of the mirror.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use support::Server;
use tempfile::TempDir;

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("public")).unwrap();
    fs::write(dir.path().join("public/file.txt"), "0123456789").unwrap();
    fs::write(dir.path().join("secret.txt"), "secret").unwrap();
    dir
}

fn start(dir: &TempDir, more: &[&str]) -> Server {
    Server::start(&dir.path().join("public"), more)
}

/// Sends a request as it is, so that no client tidies its path, and reads the whole answer.
fn ask(server: &Server, method: &str, path: &str, headers: &str) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[test]
fn files_are_served_whole_in_part_and_by_head() {
    let dir = folder();
    let server = start(&dir, &[]);
    let whole = ask(&server, "GET", "/file.txt", "");
    assert!(
        whole.starts_with("HTTP/1.1 200 OK") && whole.ends_with("\r\n\r\n0123456789"),
        "{whole}"
    );
    let head = ask(&server, "HEAD", "/file.txt", "");
    assert!(
        head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert_eq!(header(&head, "content-length"), "10");
    let part = ask(&server, "GET", "/file.txt", "Range: bytes=2-4\r\n");
    assert!(
        part.starts_with("HTTP/1.1 206 ") && part.ends_with("\r\n\r\n234"),
        "{part}"
    );
    assert_eq!(header(&part, "etag"), header(&whole, "etag"));
    assert!(ask(&server, "GET", "/nosuch", "").starts_with("HTTP/1.1 404 "));
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let dir = folder();
    let server = start(&dir, &[]);
    let whole = ask(&server, "GET", "/file.txt", "");
    let known = format!("If-None-Match: {}\r\n", header(&whole, "etag"));
    assert!(ask(&server, "GET", "/file.txt", &known).starts_with("HTTP/1.1 304 "));
    let since = format!("If-Modified-Since: {}\r\n", header(&whole, "last-modified"));
    assert!(ask(&server, "GET", "/file.txt", &since).starts_with("HTTP/1.1 304 "));
    let other = ask(&server, "GET", "/file.txt", "If-None-Match: \"other\"\r\n");
    assert!(other.starts_with("HTTP/1.1 200 "), "{other}");
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let dir = folder();
    let server = start(&dir, &[]);
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//../secret.txt",
        "/x/../../secret.txt",
    ] {
        let answer = ask(&server, "GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.ends_with("secret"), "{path}");
    }
}

#[test]
fn chosen_paths_fail() {
    let dir = folder();
    let server = start(
        &dir,
        &["--fail-path", "*/nothing", "--fail-path", "/file.*"],
    );
    assert!(ask(&server, "GET", "/file.txt", "").starts_with("HTTP/1.1 503 "));
    assert!(ask(&server, "GET", "/other.txt", "").starts_with("HTTP/1.1 404 "));
}

#[test]
fn sigterm_ends_the_server_cleanly() {
    let dir = folder();
    let mut server = start(&dir, &[]);
    // A connection that is left open must not keep the server.
    let _idle = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    // The shell's own kill: not every Debian has the program.
    let status = Command::new("sh")
        .args(["-c", "kill $0", &server.child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
