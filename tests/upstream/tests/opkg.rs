//! The package manager against transcripts of the genuine one.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use asu_test_upstream::format::stanza::{self, Stanza};
use serde_json::Value;
use support::{HOST_TOOL, Made, fixture, json};
use tempfile::TempDir;

/// An empty root filesystem and a feed, at `srv/root` and `srv/feed` of a temporary folder.
struct Case {
    dir: TempDir,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let feed = dir.path().join("srv/feed");
        fs::create_dir_all(dir.path().join("srv/root/etc")).unwrap();
        fs::create_dir_all(dir.path().join("keys")).unwrap();
        fs::create_dir_all(&feed).unwrap();
        for folder in ["opkg", "opkg/packages"] {
            for entry in fs::read_dir(fixture(folder)).unwrap() {
                let entry = entry.unwrap();
                if entry.path().is_file() {
                    fs::copy(entry.path(), feed.join(entry.file_name())).unwrap();
                }
            }
        }
        let key = "c0d0fc58a25552e9";
        fs::copy(fixture("opkg").join(key), dir.path().join("keys").join(key)).unwrap();
        let case = Self { dir };
        let feed = feed.display();
        let conf = format!("src/gz base file://{feed}\noption check_signature\n");
        fs::write(case.root().join("etc/opkg.conf"), conf).unwrap();
        case
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn root(&self) -> PathBuf {
        self.path("srv/root")
    }

    fn opkg(&self, arguments: &[&str]) -> Made {
        let output = Command::new(HOST_TOOL)
            .arg("opkg")
            .arg("--offline-root")
            .arg(self.root())
            .args(["--add-arch", "all:100", "--add-arch", "mips_24kc:200"])
            .args(arguments)
            .env("OPKG_KEYS", self.path("keys"))
            .output()
            .unwrap();
        let made = Made::from(output);
        let here = self.dir.path().to_string_lossy().into_owned();
        Made {
            stdout: made.stdout.replace(&here, ""),
            stderr: made.stderr.replace(&here, ""),
            ..made
        }
    }

    fn install(&self, names: &[&str]) -> Made {
        self.opkg(&[&["install"], names].concat())
    }

    fn status(&self) -> Vec<Stanza> {
        let text = fs::read_to_string(self.root().join("usr/lib/opkg/status")).unwrap_or_default();
        stanza::parse(&text)
    }
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().map(|list| list.iter().map(|item| item.as_str().unwrap()).collect()).unwrap_or_default()
}

fn set(value: &Value) -> BTreeSet<String> {
    words(value).into_iter().map(str::to_owned).collect()
}

/// The names of installed packages, without those of which the genuine opkg picks any provider.
fn installed(status: &[Stanza]) -> BTreeSet<String> {
    let here = status.iter().filter(|stanza| stanza.get("Status").ends_with(" installed"));
    here.map(|stanza| format!("{} - {}", stanza.get("Package"), stanza.get("Version"))).collect()
}

/// The order in which packages are configured follows opkg's hash table, so only the set counts.
fn sorted_configuring(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let from = lines.iter().position(|line| line.starts_with("Configuring")).unwrap_or(lines.len());
    lines[from..].sort();
    lines
}

/// Which of several providers opkg takes follows its internal tables.
const ANY_PROVIDER: [&str; 6] =
    ["virtual-two", "virtual-two-chosen-after", "virtual-request-two", "abi-base-name-two", "virtual-name", "alternative-dep"];

#[test]
fn installs_like_the_genuine_opkg() {
    let cases = json("opkg/cases.json").as_array().unwrap().clone();
    assert_eq!(cases.len(), 31);
    for case in cases {
        check_case(&case);
    }
}

fn check_case(case: &Value) {
    let id = case["id"].as_str().unwrap();
    let expect = &case["expect"];
    let run = Case::new();
    assert_eq!(run.opkg(&["update"]).code, 0);
    let before = words(&case["requested_before"]);
    if !before.is_empty() {
        run.install(&before);
    }
    let world = words(&case["world"]);
    let made = run.install(&world);
    assert_eq!(i64::from(made.code), expect["rc"].as_i64().unwrap(), "{id}: {made:?}");
    assert_eq!(made.stderr, expect["stderr"].as_str().unwrap(), "{id}");
    if ANY_PROVIDER.contains(&id) {
        assert!(!installed(&run.status()).is_empty(), "{id}");
        return;
    }
    let status = run.status();
    assert_eq!(installed(&status), set(&expect["installed"]), "{id}: {made:?}");
    let auto = status.iter().filter(|stanza| stanza.get("Auto-Installed") == "yes");
    let auto: BTreeSet<String> = auto.map(|stanza| stanza.get("Package").to_owned()).collect();
    assert_eq!(auto, set(&expect["auto_installed"]), "{id}");
    let failed = status.iter().filter(|stanza| !stanza.get("Status").ends_with(" installed"));
    let failed: BTreeSet<String> =
        failed.map(|stanza| format!("{}: {}", stanza.get("Package"), stanza.get("Status"))).collect();
    assert_eq!(failed, set(&expect["not_fully"]), "{id}");
    check_links(&run.root(), &expect["links"], id);
    let wanted = expect["stdout"].as_str().unwrap();
    assert_eq!(sorted_configuring(&made.stdout), sorted_configuring(wanted), "{id}");
}

fn check_links(root: &Path, links: &Value, id: &str) {
    for (path, target) in links.as_object().into_iter().flatten() {
        let link = fs::read_link(root.join(path.trim_start_matches('/'))).unwrap();
        assert_eq!(link.to_str(), target.as_str(), "{id} {path}");
    }
}

#[test]
fn indexes_are_trusted_as_by_the_genuine_opkg() {
    let cases = json("opkg/trust-cases.json").as_array().unwrap().clone();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let run = Case::new();
        let feed = run.path("srv/feed");
        match id {
            "no-sig" => fs::remove_file(feed.join("Packages.sig")).unwrap(),
            "changed-index" => {
                let text = fs::read_to_string(feed.join("Packages")).unwrap();
                fs::write(feed.join("Packages.gz"), text.replace("clib", "glib")).unwrap();
            }
            "other-key" => fs::remove_dir_all(run.path("keys")).unwrap(),
            _ => {}
        }
        let update = run.opkg(&["update"]);
        assert_eq!(i64::from(update.code), case["update"]["rc"].as_i64().unwrap(), "{id}");
        let wanted = case["update"]["stdout"].as_str().unwrap().replace("feed2", "feed");
        assert_eq!(update.stdout, wanted, "{id}");
        let install = run.install(&words(&case["install"]["request"]));
        assert_eq!(i64::from(install.code), case["install"]["rc"].as_i64().unwrap(), "{id}");
        assert_eq!(install.stderr, case["install"]["stderr"].as_str().unwrap(), "{id}");
    }
}

#[test]
fn lists_what_the_genuine_opkg_lists() {
    let run = Case::new();
    let status = run.root().join("usr/lib/opkg/status");
    fs::create_dir_all(status.parent().unwrap()).unwrap();
    fs::copy(fixture("installed/opkg/usr/lib/opkg/status"), status).unwrap();
    let expected = |name: &str| fs::read_to_string(fixture("installed/opkg").join(name)).unwrap();
    assert_eq!(run.opkg(&["list-installed"]).stdout, expected("list-installed.txt"));
    let stripped = run.opkg(&["list-installed", "--strip-abi"]);
    assert_eq!(stripped.stdout, expected("list-installed-strip-abi.txt"));
}

#[test]
fn the_status_file_has_the_genuine_fields() {
    let run = Case::new();
    run.opkg(&["update"]);
    run.install(&["shellbox", "linkd"]);
    let genuine = fs::read_to_string(fixture("installed/opkg/usr/lib/opkg/status")).unwrap();
    let genuine = stanza::parse(&genuine);
    for name in ["shellbox", "linkd", "kmod-lanx", "libkit20240329"] {
        let of = |status: &[Stanza]| {
            let stanza = status.iter().find(|stanza| stanza.get("Package") == name).unwrap().to_string();
            stanza.lines().filter(|line| !line.starts_with("Installed-Time")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(of(&run.status()), of(&genuine));
    }
}

#[test]
fn a_package_file_that_was_changed_is_refused() {
    let run = Case::new();
    run.opkg(&["update"]);
    let package = run.path("srv/feed/clib_1.2.4-4_mips_24kc.ipk");
    fs::write(&package, b"changed").unwrap();
    let made = run.install(&["clib"]);
    assert_eq!(made.code, 255);
    assert!(made.stderr.contains("Package clib sha256sum mismatch."), "{made:?}");
    assert!(installed(&run.status()).is_empty());
}
