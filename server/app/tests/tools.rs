//! The commands that read indexes, compare versions and select packages, on what the genuine tools
//! made and said (`tests/fixtures`); and the one that prints the document of the API.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures")).join(name)
}

fn document(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(name)).unwrap()).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command.env_clear().args(arguments).output().unwrap()
}

fn answer(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn index(name: &str) -> Value {
    answer(&["index", fixture(name).to_str().unwrap(), "--json"])
}

#[test]
fn indexes_are_read_as_the_genuine_tools_read_them() {
    let dump = document("apk/packages.adbdump.json");
    for name in [
        "apk/packages.adb",
        "apk/packages-none.adb",
        "apk/packages-zstd.adb",
    ] {
        assert_eq!(index(name), dump, "{name}");
    }
    let stanzas = document("opkg/packages.expected.json");
    for name in ["opkg/Packages", "opkg/Packages.gz"] {
        assert_eq!(index(name), stanzas, "{name}");
    }
    assert_eq!(index("opkg/index.v2.json"), document("opkg/index.v2.json"));
}

#[test]
fn versions_compare_as_the_genuine_tools_compare_them() {
    let cases = document("versions.json");
    // Each pair is one start of the program; the rest is tried inside, where it costs nothing.
    for pair in cases["pairs"].as_array().unwrap().iter().step_by(9) {
        let [flavour, a, b] = ["flavour", "a", "b"].map(|key| pair[key].as_str().unwrap());
        let output = run(&["version-compare", flavour, a, b]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim(), pair["cmp"].to_string(), "{pair}");
    }
    for invalid in [["apk", "1.0-1", "1"], ["release", "24", "24.10.1"]] {
        let output = run(&["version-compare", invalid[0], invalid[1], invalid[2]]);
        assert_eq!(output.status.code(), Some(2), "{invalid:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    assert_eq!(
        answer(&[
            "version-compare",
            "release",
            "24.10.10",
            "24.10.9",
            "--json"
        ]),
        1
    );
}

#[test]
fn packages_are_selected_as_apk_selects_them() {
    let index = fixture("apk/packages.adb");
    for case in document("apk/cases.json").as_array().unwrap() {
        let world = words(&case["world"]);
        let answer = resolve("apk", index.to_str().unwrap(), &world);
        // Which files clash is in no index; the build finds it.
        let expected = case["expect"]["ok"] == true || case["id"] == "file-clash";
        assert_eq!(answer["ok"], expected, "{}: {answer}", case["id"]);
        if case["expect"]["ok"] == true {
            assert_eq!(
                names(&answer, "-"),
                case["expect"]["installed"],
                "{}",
                case["id"]
            );
        }
    }
}

#[test]
fn troubles_are_told_in_both_forms() {
    let index = fixture("opkg/Packages");
    let answer = resolve("opkg", index.to_str().unwrap(), "needs-ghost");
    assert_eq!(answer["problems"][0]["code"], "missing-dependency");
    assert!(
        answer["problems"][0]["text"]
            .as_str()
            .unwrap()
            .contains("ghost-lib")
    );
    let foreign = resolve("opkg", index.to_str().unwrap(), "foreign");
    assert_eq!(foreign["problems"][0]["code"], "wrong-architecture");
    let invalid = resolve(
        "apk",
        fixture("apk/packages.adb").to_str().unwrap(),
        "busykit=1.0~zz",
    );
    assert_eq!(invalid["problems"][0]["code"], "invalid-request");
}

#[test]
fn an_index_of_the_other_package_manager_is_refused() {
    let index = fixture("opkg/Packages");
    let output = run(&[
        "resolve",
        "--flavour",
        "apk",
        "--index",
        index.to_str().unwrap(),
        "--world",
        "a",
    ]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--flavour"));
}

fn resolve(flavour: &str, index: &str, world: &str) -> Value {
    let arch = if flavour == "apk" {
        "x86_64"
    } else {
        "mips_24kc"
    };
    let options = ["--index", index, "--arch", arch, "--world", world, "--json"];
    answer(&[&["resolve", "--flavour", flavour][..], &options].concat())
}

fn words(world: &Value) -> String {
    let words = world
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap());
    words.collect::<Vec<_>>().join(" ")
}

fn names(answer: &Value, between: &str) -> Value {
    let install = answer["install"].as_array().unwrap().iter();
    let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
    let mut names: Vec<String> = install
        .map(|package| {
            format!(
                "{}{between}{}",
                text(package, "name"),
                text(package, "version")
            )
        })
        .collect();
    names.sort();
    names.into()
}

#[test]
fn the_document_of_the_api_is_printed_as_it_is_committed() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let printed = run(&["openapi"]).stdout;
    assert!(
        printed == std::fs::read(committed).unwrap(),
        "run `cargo run -p asu-server openapi > docs/openapi.json` and look at the difference"
    );
}
