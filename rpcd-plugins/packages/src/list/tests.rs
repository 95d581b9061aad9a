use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use asu_rpcd_plugin::host::with_root;
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

type Answer = Result<BTreeMap<String, String>, Status>;

/// The answer for a root filesystem at `root`; panics on a name that occurs twice.
fn list(root: &Path, all: bool) -> Answer {
    let mut reply = Message::new();
    with_root(root, || write(all, b"packagelist", &mut reply))?;
    let mut packages = BTreeMap::new();
    for field in reply.fields().table(b"packagelist").unwrap() {
        let name = str::from_utf8(field.name).unwrap().to_owned();
        let twice = packages.insert(name, field.string().unwrap().to_str().unwrap().to_owned());
        assert_eq!(twice, None, "{:?}", field.name);
    }
    Ok(packages)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/installed")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// `{name: version}`, or pairs where a name occurs twice: of these the last counts.
fn packages(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, version)| (name.clone(), text(version)))
            .collect(),
        pairs => pairs
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (text(&pair[0]), text(&pair[1])))
            .collect(),
    }
}

#[test]
fn answers_as_expected_for_every_database() {
    for name in ["apk", "apk-two-abi", "apk-selfonly", "opkg"] {
        let root = fixtures().join(name);
        let expected = json(&root.join("expected.json"));
        for (key, all) in [("all", true), ("user", false)] {
            assert_eq!(
                list(&root, all),
                Ok(packages(&expected[key]["packages"])),
                "{name} {key}"
            );
        }
    }
}

#[test]
fn names_agree_with_opkg_without_abi() {
    let root = fixtures().join("opkg");
    let text = fs::read_to_string(root.join("list-installed-strip-abi.txt")).unwrap();
    let expected: Vec<_> = text
        .lines()
        .filter_map(|line| line.split(" - ").next())
        .collect();
    let answer = list(&root, true).unwrap();
    assert!(!expected.is_empty());
    assert!(expected.iter().all(|name| answer.contains_key(*name)));
    assert!(answer.keys().all(|name| expected.contains(&name.as_str())));
}

/// A root filesystem with these files; none where there is no text.
fn root(files: &[(&str, Option<&str>)]) -> TempDir {
    let root = TempDir::new().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(text) = text {
            fs::write(path, text).unwrap();
        }
    }
    root
}

fn apk(installed: &str, world: &str) -> TempDir {
    root(&[
        ("lib/apk/db/installed", Some(installed)),
        ("etc/apk/world", Some(world)),
    ])
}

fn opkg(status: &str) -> TempDir {
    root(&[("usr/lib/opkg/status", Some(status))])
}

fn names(root: &TempDir, all: bool) -> Vec<String> {
    list(root.path(), all).unwrap().into_keys().collect()
}

/// Where rpcd's own answer is a defect: a last entry without a blank line is lost, and a world that
/// is empty or has no final newline is refused.
fn better(id: &str, key: &str) -> Option<Answer> {
    let corelibc = || BTreeMap::from([("corelibc".to_owned(), "1.2.5-r6".to_owned())]);
    match (id, key) {
        ("empty-world", "user") => Some(Ok(BTreeMap::new())),
        ("world-no-newline", "user") | ("installed-no-final-blank", _) => Some(Ok(corelibc())),
        _ => None,
    }
}

fn expected(case: &Value, key: &str) -> Answer {
    match case["expect"][key]["ubus_status"].as_u64() {
        Some(0) => Ok(packages(&case["expect"][key]["packages"])),
        Some(4) => Err(Status::NOT_FOUND),
        _ => Err(Status::UNKNOWN_ERROR),
    }
}

#[test]
fn answers_odd_databases_as_rpcd_does_or_better() {
    let cases = json(&fixtures().join("edge-cases.json"));
    for case in cases.as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let root = root(&[
            ("lib/apk/db/installed", case["installed"].as_str()),
            ("etc/apk/world", case["world"].as_str()),
        ]);
        for (key, all) in [("all", true), ("user", false)] {
            let genuine = expected(case, key);
            let wanted = better(id, key).inspect(|better| assert_ne!(*better, genuine));
            assert_eq!(
                list(root.path(), all),
                wanted.unwrap_or(genuine),
                "{id} {key}"
            );
        }
    }
}

#[test]
fn a_router_without_database_has_none() {
    assert_eq!(list(root(&[]).path(), true), Err(Status::NOT_FOUND));
}

#[test]
fn world_of_a_whole_page_is_read() {
    let world = format!("busy\n{}\n", "x".repeat(4090));
    assert_eq!(world.len(), 4096);
    assert_eq!(names(&apk("P:busy\nV:1\n", &world), false), ["busy"]);
}

#[test]
fn world_with_a_line_too_long_is_refused() {
    let root = apk("P:busy\nV:1\n", &format!("{} busy\n", "x".repeat(5000)));
    assert_eq!(list(root.path(), false), Err(Status::UNKNOWN_ERROR));
    assert_eq!(names(&root, true), ["busy"]);
}

#[test]
fn an_abi_as_long_as_the_name_is_no_suffix() {
    assert_eq!(
        names(&apk("P:12\nV:1\ng:openwrt:abiversion=12\n", ""), true),
        ["12"]
    );
    assert_eq!(
        names(&apk("P:lib\nV:1\ng:openwrt:abiversion=longlib\n", ""), true),
        ["lib"]
    );
    assert_eq!(
        names(&apk("P:lib1\nV:1\ng:a openwrt:abiversion=1 b\n", ""), true),
        ["lib"]
    );
}

#[test]
fn a_name_or_version_with_a_nul_is_left_out() {
    // Cut there it would be another package's name, or one name twice.
    for (name, version) in [("ab\0c", "1"), ("\0", "1"), ("ab\0", "1"), ("x", "1\0")] {
        let entries = format!("P:{name}\nV:{version}\n\nP:ab\nV:2\n\n");
        let root = apk(&entries, "ab\nab\0c\n");
        for all in [true, false] {
            assert_eq!(names(&root, all), ["ab"], "{name:?} {version:?}");
        }
        let root = opkg(&format!(
            "Package: {name}\nVersion: {version}\nStatus: install user installed\n\n\
            Package: ab\nVersion: 2\nStatus: install user installed\n\n"
        ));
        assert_eq!(names(&root, true), ["ab"], "{name:?} {version:?}");
    }
    // Nor does half a name ask for a package.
    assert!(names(&apk("P:ab\nV:1\n\n", "ab\0c\n"), false).is_empty());
}

#[test]
fn a_long_line_is_not_taken_for_others() {
    let long = format!("P:busy\nV:1\nD:{}\nP:after\n", "P:x V:2 ".repeat(2000));
    assert_eq!(names(&apk(&long, ""), true), ["after"]);
    let long_name = format!("P:{}\nV:1\n\nP:busy\nV:1\n", "x".repeat(300));
    assert_eq!(names(&apk(&long_name, ""), true), ["busy"]);
}

#[test]
fn opkg_entries_that_are_not_installed_do_not_count() {
    let status = "Package: a\nVersion: 1\nStatus: install user not-installed\n\n\
                  Package: b\nVersion: 1\nStatus: install ok unpacked\n\n\
                  Package: c\nVersion: 1\nStatus: install ok installed\nAuto-Installed: yes\n\n\
                  Package: d\nVersion: 1\nStatus: install hold,user installed";
    assert_eq!(names(&opkg(status), true), ["c", "d"]);
    assert_eq!(names(&opkg(status), false), ["d"]);
}

#[test]
fn a_reply_too_large_for_ubus_is_refused() {
    let entry = |index| format!("P:package-{index:06}\nV:{}\n\n", "1".repeat(200));
    let many: String = (0..5000).map(entry).collect();
    assert_eq!(list_status(&apk(&many, "")), Err(Status::NO_MEMORY));
}

/// What [`crate::answer`] would answer, which also finishes the message.
fn list_status(root: &TempDir) -> Result<(), Status> {
    let mut reply = Message::new();
    with_root(root.path(), || write(true, b"packagelist", &mut reply))?;
    reply.finish().map(|_| ()).map_err(|_| Status::NO_MEMORY)
}

proptest! {
    #[test]
    fn never_panics_on_any_database(
        installed in prop::collection::vec("[PVg]:[ -~]{0,40}|openwrt:abiversion=|\\PC{0,30}|", 0..40),
        world in "(\\PC{0,20}\n){0,10}",
    ) {
        let root = apk(&installed.join("\n"), &world);
        for all in [true, false] {
            prop_assert!(list(root.path(), all).is_ok());
        }
    }

    #[test]
    fn never_panics_on_any_status(
        lines in prop::collection::vec(
            "(Package|Version|Status|ABIVersion|Auto-Installed):[ -~]{0,20}( installed)?|\\PC{0,30}|", 0..40),
    ) {
        let root = opkg(&lines.join("\n"));
        for all in [true, false] {
            prop_assert!(list(root.path(), all).is_ok());
        }
    }

    #[test]
    fn lists_what_was_asked_for(
        packages in prop::collection::btree_map("[a-z][a-z0-9-]{0,12}", "[0-9][0-9.]{0,5}-r[0-9]", 0..60),
        chosen in prop::collection::vec(any::<bool>(), 60),
    ) {
        let installed: Vec<_> = packages.iter().map(|(n, v)| format!("P:{n}\nV:{v}\n")).collect();
        let chosen: BTreeMap<_, _> = packages.clone().into_iter().zip(chosen)
            .filter_map(|(package, chosen)| chosen.then_some(package)).collect();
        let world: Vec<_> = chosen.keys().map(String::as_str).collect();
        let root = apk(&installed.join("\n"), &world.join("\n"));
        prop_assert_eq!(list(root.path(), true), Ok(packages));
        prop_assert_eq!(list(root.path(), false), Ok(chosen));
    }
}
