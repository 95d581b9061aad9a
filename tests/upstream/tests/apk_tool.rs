//! The tool that speaks like apk, held against what apk-tools 3.0.6 said to the same questions.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{HOST_TOOL, Made, fixture, json};

/// What our tool does not know: packages that come because others are there, which OpenWrt has none
/// of, and versions apk refuses to read.
const UNKNOWN: [&[&str]; 2] = [&["webui", "locale-de"], &["busykit=1.0~zz"]];

/// `apk add` of the world to an empty root, without installing anything.
fn add(index: &str, key: bool, world: &[String]) -> Made {
    let root = tempfile::tempdir().unwrap();
    let keys = root.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    if key {
        std::fs::copy(fixture("apk/birchwrt-feed.pem"), keys.join("feed.pem")).unwrap();
    }
    let index = format!("file://{}", fixture(&format!("apk/{index}")).display());
    let output = Command::new(HOST_TOOL)
        .args(["apk", "--arch", "x86_64", "--keys-dir"])
        .arg(&keys)
        .args([
            "--root",
            "/nowhere",
            "--repository",
            &index,
            "add",
            "--simulate",
        ])
        .args(world)
        .output()
        .unwrap();
    Made::from(output)
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().unwrap().iter();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// `(1/2) Installing NAME (VERSION)` as `NAME-VERSION`.
fn order(stdout: &str) -> Vec<String> {
    let installing = stdout
        .lines()
        .filter_map(|line| line.split_once(") Installing "));
    let named = installing.filter_map(|(_, package)| package.strip_suffix(')')?.split_once(" ("));
    named
        .map(|(name, version)| format!("{name}-{version}"))
        .collect()
}

/// The lines of each complaint together, in an order of no meaning.
fn complaints(stderr: &str) -> Vec<String> {
    let mut found: Vec<String> = stderr.split("\n  ").fold(Vec::new(), |mut found, part| {
        match found.last_mut() {
            Some(last) if part.starts_with(' ') => *last += part,
            _ => found.push(part.trim_end().to_owned()),
        }
        found
    });
    found.sort();
    found
}

#[test]
fn selections_are_those_of_the_genuine_tool() {
    let cases = json("apk/cases.json");
    let mut wrong = Vec::new();
    for case in cases.as_array().unwrap() {
        let (world, expect) = (texts(&case["world"]), &case["expect"]);
        let made = add("packages.adb", true, &world);
        // A clash of files shows only while files are written.
        let expect = Some(&expect["simulate"])
            .filter(|it| it.is_object())
            .unwrap_or(expect);
        let stderr = expect["stderr"].as_str().unwrap();
        let same = (made.code == 0) == (expect["ok"] == true)
            && order(&made.stdout) == texts(&expect["order"])
            && complaints(&made.stderr) == complaints(stderr);
        if !same && !UNKNOWN.iter().any(|known| world == *known) {
            wrong.push(format!("{world:?}: {made:#?}\n{expect:#}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them: {}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn indexes_are_trusted_as_the_genuine_tool_trusts_them() {
    let mut count = 0;
    for case in json("apk/trust-cases.json").as_array().unwrap() {
        let index = case["index"].as_str().unwrap();
        // Neither OpenWrt's mirror nor ours has indexes in zstd.
        if !texts(&case["options"]).is_empty() || index == "packages-zstd.adb" {
            continue;
        }
        let world = texts(&case["world"]);
        let made = add(index, case["key_present"] == true, &world);
        assert_eq!(
            made.code == 0,
            case["expect"]["ok"] == true,
            "{case}: {made:?}"
        );
        let warned = made.stderr.contains("UNTRUSTED signature");
        let genuine = case["expect"]["stderr"].as_str().unwrap();
        assert_eq!(warned, genuine.contains("UNTRUSTED signature"), "{case}");
        count += 1;
    }
    assert!(count >= 6, "{count}");
}
