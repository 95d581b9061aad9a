//! The router answers as a genuine one did in tests/fixtures/rpcd.
//!
//! The genuine router had the object `rpc-sys` with `packagelist`; ours has `packagelist` with
//! `list`. The transcript is read with these names replaced, so that every right, mistake and
//! answer around them is compared; the package database is the same.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use support::{Answer, Router, exchange, fixture};

/// Exchanges that are not compared, and why.
const SKIPPED: [(&str, &str); 4] = [
    (
        "list",
        "names the objects rc and file, which this router does not have",
    ),
    (
        "get-list",
        "shows them too; what both have is compared in signatures_agree",
    ),
    ("call-file-missing", "no object file"),
    ("call-file-no-argument", "no object file"),
];

/// The methods that rpc-sys has and our plugin has not.
const OTHER_METHODS: &str = r#",\"password_set\":{\"user\":\"string\",\"password\":\"string\"},\"upgrade_test\":{},\"upgrade_start\":{\"keep\":\"boolean\"},\"upgrade_clean\":{},\"factory\":{},\"reboot\":{}"#;

#[test]
fn every_exchange_is_answered_as_by_a_genuine_router() {
    let router = Router::boot(root(), &["--board", "birch,ap-1"]);
    let mut sessions = BTreeMap::new();
    let mut compared = 0;
    for case in transcript() {
        let id = case["id"].as_str().unwrap();
        if SKIPPED.iter().any(|(skipped, _)| *skipped == id) {
            continue;
        }
        if id == "expired-sid" {
            std::thread::sleep(Duration::from_millis(1500));
        }
        let answer = replay(&router, &case["request"], &sessions);
        let expected = &case["response"];
        learn_session(
            &mut sessions,
            expected["body"].as_str().unwrap(),
            answer.text(),
        );
        assert_eq!(answer.status, expected["status"], "{id}");
        assert_eq!(
            answer.header("content-type"),
            expected["headers"]["Content-Type"].as_str(),
            "{id}"
        );
        let body = with_sessions(expected["body"].as_str().unwrap(), &sessions);
        assert_eq!(stable(id, answer.text()), stable(id, &body), "{id}");
        files_agree(id, &case["files_after"], &router.root());
        compared += 1;
    }
    assert_eq!(compared, 75 - SKIPPED.len());
}

#[test]
fn signatures_agree() {
    let router = Router::boot(root(), &[]);
    let answer: Value = serde_json::from_slice(&router.get("/ubus/list", &[]).body).unwrap();
    let case = transcript()
        .into_iter()
        .find(|case| case["id"] == "get-list")
        .unwrap();
    let genuine: Value = serde_json::from_str(case["response"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(answer["session"], genuine["session"]);
    for method in ["configs", "get", "add", "set", "delete", "commit"] {
        assert_eq!(answer["uci"][method], genuine["uci"][method], "{method}");
    }
}

/// The transcript with our plugin's names for its object and method.
fn transcript() -> Vec<Value> {
    let text = fs::read_to_string(fixture("rpcd/transcript.jsonl")).unwrap();
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(&renamed(line)).unwrap())
        .collect();
    assert_eq!(cases.len(), 75);
    cases
}

fn renamed(text: &str) -> String {
    text.replace(OTHER_METHODS, "")
        .replace("\\\"rpc-*\\\"", "\\\"packagel*\\\"")
        .replace("\\\"packagelist\\\"", "\\\"list\\\"")
        .replace("\\\"rpc-sys\\\"", "\\\"packagelist\\\"")
        .replace("\\\"packages\\\":", "\\\"packagelist\\\":")
        .replace("/ubus/call/rpc-sys", "/ubus/call/packagelist")
        .replace("/ubus/list/rpc-sys", "/ubus/list/packagelist")
}

/// A root filesystem like that of the genuine router.
fn root() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    let put = |from: &str, to: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(fixture(from), to).unwrap();
    };
    put("rpcd/config-rpcd", "etc/config/rpcd");
    put("installed/apk/lib/apk/db/installed", "lib/apk/db/installed");
    put("installed/apk/etc/apk/world", "etc/apk/world");
    fs::create_dir_all(root.join("mnt/upload")).unwrap();
    let rules = root.join("usr/share/rpcd/acl.d");
    fs::create_dir_all(&rules).unwrap();
    for entry in fs::read_dir(fixture("rpcd/acl.d")).unwrap().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap();
        let text = text
            .replace("\"packagelist\"", "\"list\"")
            .replace("\"rpc-sys\"", "\"packagelist\"");
        fs::write(rules.join(entry.file_name()), text).unwrap();
    }
    folder
}

fn replay(router: &Router, request: &Value, sessions: &BTreeMap<String, String>) -> Answer {
    let own = ["Host", "Content-Length", "Connection"];
    let headers: Vec<(String, String)> = request["headers"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| {
            (
                name.clone(),
                with_sessions(value.as_str().unwrap(), sessions),
            )
        })
        .collect();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = with_sessions(request["body"].as_str().unwrap_or_default(), sessions);
    let (method, path) = (
        request["method"].as_str().unwrap(),
        request["path"].as_str().unwrap(),
    );
    exchange(router.address, method, path, &headers, body.as_bytes()).unwrap()
}

/// Notes which session of ours stands for one of the transcript.
fn learn_session(sessions: &mut BTreeMap<String, String>, genuine: &str, ours: &str) {
    let session = |text: &str| {
        let value: Value = serde_json::from_str(text).ok()?;
        value["result"][1]["ubus_rpc_session"]
            .as_str()
            .map(str::to_owned)
    };
    if let (Some(genuine), Some(ours)) = (session(genuine), session(ours)) {
        assert_eq!(ours.len(), 32);
        sessions.insert(genuine, ours);
    }
}

fn with_sessions(text: &str, sessions: &BTreeMap<String, String>) -> String {
    sessions
        .iter()
        .fold(text.to_owned(), |text, (genuine, ours)| {
            text.replace(genuine, ours)
        })
}

/// Without the error number of an upload: it is a stale errno that differed between genuine runs.
fn stable(id: &str, body: &str) -> String {
    match body.split_once("\t\"failure\"") {
        Some((start, _)) if id.starts_with("upload-") => start.to_owned(),
        _ => body.to_owned(),
    }
}

fn files_agree(id: &str, files: &Value, root: &Path) {
    for (name, facts) in files.as_object().into_iter().flatten() {
        let metadata = fs::metadata(root.join("mnt/upload").join(name)).unwrap();
        let mode = format!("{:o}", metadata.permissions().mode() & 0o7777);
        assert_eq!(
            (facts[0].as_str(), facts[1].as_u64()),
            (Some(mode.as_str()), Some(metadata.len())),
            "{id}"
        );
    }
}
