//! The mirror: always the same, and in upstream's form.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use asu_protocol::profiles::TargetProfiles;
use asu_test_upstream::format::stanza::{self, Stanza};
use asu_test_upstream::format::usign::verify_with_directory;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::{HOST_TOOL, mirror};

const TARGETS: [(&str, &str); 2] = [("ath79/generic", "mips_24kc"), ("x86/64", "x86_64")];
const OPKG: [&str; 2] = ["23.05.5", "24.10.2"];

/// Path, size, modification time and content of each file.
fn snapshot(root: &Path) -> BTreeMap<String, (u64, String)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let time = path.metadata().unwrap().modified().unwrap();
            let time = time
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_secs();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            files.insert(name, (time, sha256(&path)));
        }
    }
    files
}

fn sha256(path: &Path) -> String {
    hex::encode(Sha256::digest(fs::read(path).unwrap()))
}

fn read(path: &str) -> String {
    fs::read_to_string(mirror().join(path)).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

#[test]
fn the_mirror_is_the_same_every_time() {
    let again = tempfile::tempdir().unwrap();
    asu_test_upstream::mirror::write(again.path(), &[], Path::new(HOST_TOOL)).unwrap();
    assert!(snapshot(mirror()) == snapshot(again.path()));
}

#[test]
fn one_release_can_be_written_alone() {
    let dir = tempfile::tempdir().unwrap();
    // What was written before is replaced.
    fs::write(dir.path().join(".versions.json"), "{}").unwrap();
    fs::create_dir_all(dir.path().join("releases/1.2.3")).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_asu-test-upstream"))
        .args(["write", "--release", "25.12.1", "--out"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(status.success());
    let releases: Vec<_> = fs::read_dir(dir.path().join("releases")).unwrap().collect();
    assert_eq!(releases.len(), 1);
}

#[test]
fn an_unknown_release_is_refused_with_the_known_ones() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_asu-test-upstream"))
        .args(["write", "--release", "1.2.3", "--out"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("no release 1.2.3; choose from 23.05.5, 24.10.2, 25.12.1"),
        "{text}"
    );
}

#[test]
fn releases_and_targets_are_listed() {
    let versions = json(".versions.json");
    assert_eq!(versions["stable_version"], "25.12.1");
    assert_eq!(versions["oldstable_version"], "24.10.2");
    assert_eq!(
        versions["versions_list"],
        serde_json::json!(["23.05.5", "24.10.2", "25.12.1"])
    );
    for version in ["23.05.5", "24.10.2", "25.12.1"] {
        let targets = json(&format!("releases/{version}/.targets.json"));
        for (target, arch) in TARGETS {
            assert_eq!(targets[target], arch);
        }
    }
}

#[test]
fn profiles_have_upstreams_schema() {
    for version in ["23.05.5", "24.10.2", "25.12.1"] {
        for (target, arch) in TARGETS {
            let text = read(&format!(
                "releases/{version}/targets/{target}/profiles.json"
            ));
            let profiles: TargetProfiles = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (
                    &*profiles.version_number,
                    &*profiles.target,
                    &*profiles.arch_packages
                ),
                (version, target, arch)
            );
            assert!(profiles.linux_kernel.is_some());
        }
    }
    let profiles = json("releases/23.05.5/targets/ath79/generic/profiles.json");
    let device = &profiles["profiles"]["tplink_archer-c7-v5"];
    assert_eq!(
        device["image_prefix"],
        "openwrt-23.05.5-ath79-generic-tplink_archer-c7-v5"
    );
    assert_eq!(device["supported_devices"][0], "tplink,archer-c7-v5");
    assert_eq!(device["titles"][0]["variant"], "v5");
}

/// Every name in `profiles.json` must be in the indexes, or no image can be built.
#[test]
fn default_and_device_packages_exist() {
    for version in OPKG {
        for (target, arch) in TARGETS {
            let text = read(&format!(
                "releases/{version}/targets/{target}/profiles.json"
            ));
            let profiles: TargetProfiles = serde_json::from_str(&text).unwrap();
            let known = known_names(version, target, arch);
            let devices = profiles
                .profiles
                .values()
                .flat_map(|profile| &profile.device_packages);
            for name in profiles.default_packages.iter().chain(devices) {
                let name = name.trim_start_matches('-');
                assert!(known.contains(name), "{version} {target}: {name}");
            }
        }
    }
}

#[test]
fn every_dependency_exists() {
    for version in OPKG {
        for (target, arch) in TARGETS {
            let known = known_names(version, target, arch);
            for stanza in stanzas(version, target, arch) {
                for item in stanza.list("Depends") {
                    let name = item.split(' ').next().unwrap();
                    assert!(
                        known.contains(name),
                        "{version} {target}: {item} of {}",
                        stanza.get("Package")
                    );
                }
            }
        }
    }
}

fn known_names(version: &str, target: &str, arch: &str) -> BTreeSet<String> {
    let names = |stanza: &Stanza| {
        let mut names = stanza.list("Provides");
        names.push(stanza.get("Package").to_owned());
        names
    };
    stanzas(version, target, arch)
        .iter()
        .flat_map(names)
        .collect()
}

fn stanzas(version: &str, target: &str, arch: &str) -> Vec<Stanza> {
    let indexes = feeds(version, target, arch);
    indexes
        .iter()
        .flat_map(|feed| stanza::parse(&read(&format!("{feed}/Packages"))))
        .collect()
}

/// The feeds that an ImageBuilder's `repositories.conf` lists.
fn feeds(version: &str, target: &str, arch: &str) -> Vec<String> {
    let base = format!("releases/{version}");
    let mut feeds = vec![format!("{base}/targets/{target}/packages")];
    if let Ok(kmods) = fs::read_dir(mirror().join(format!("{base}/targets/{target}/kmods"))) {
        let names = kmods.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        feeds.extend(names.map(|name| format!("{base}/targets/{target}/kmods/{name}")));
    }
    let shared = ["base", "luci", "packages", "routing", "telephony"];
    feeds.extend(shared.map(|feed| format!("{base}/packages/{arch}/{feed}")));
    feeds
}

#[test]
fn indexes_describe_their_files_and_are_signed() {
    for version in OPKG {
        for (target, arch) in TARGETS {
            for feed in feeds(version, target, arch) {
                check_feed(&feed);
            }
        }
    }
}

fn check_feed(feed: &str) {
    let folder = mirror().join(feed);
    let index = read(&format!("{feed}/Packages"));
    assert!(verify_with_directory(
        &mirror().join("keys"),
        index.as_bytes(),
        &read(&format!("{feed}/Packages.sig"))
    ));
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(folder.join("Packages.gz"))
        .output()
        .unwrap();
    assert_eq!(unpacked.stdout, index.as_bytes());
    assert!(!matches!((64 + index.len()) % 128, 110 | 111), "{feed}");
    let stanzas = stanza::parse(&index);
    assert!(!stanzas.is_empty(), "{feed}");
    for stanza in stanzas {
        let file = folder.join(stanza.get("Filename"));
        assert_eq!(
            stanza.get("Size"),
            file.metadata().unwrap().len().to_string()
        );
        assert_eq!(stanza.get("SHA256sum"), sha256(&file));
    }
}

#[test]
fn packages_are_what_tar_and_gzip_read() {
    let folder = mirror().join("releases/24.10.2/packages/mips_24kc/base");
    let package = folder.join("rpcd_2024.09.17~9f4b86e7-r1_mips_24kc.ipk");
    let list = Command::new("tar")
        .arg("tzf")
        .arg(&package)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(list.stdout).unwrap(),
        "./debian-binary\n./data.tar.gz\n./control.tar.gz\n"
    );
    let member = |member: &str| {
        let script = format!("tar xzOf '{}' ./{member} | tar tzf -", package.display());
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        member("control.tar.gz"),
        "./\n./conffiles\n./control\n./postinst\n./prerm\n"
    );
    let data = member("data.tar.gz");
    for path in [
        "./etc/config/rpcd",
        "./etc/init.d/rpcd",
        "./usr/share/rpcd/acl.d/unauthenticated.json",
    ] {
        assert!(data.lines().any(|line| line == path), "{data}");
    }
}

#[test]
fn sums_cover_the_target_and_are_signed() {
    for version in OPKG {
        let folder = format!("releases/{version}/targets/ath79/generic");
        let sums = read(&format!("{folder}/sha256sums"));
        let signature = read(&format!("{folder}/sha256sums.sig"));
        assert!(verify_with_directory(
            &mirror().join("keys"),
            sums.as_bytes(),
            &signature
        ));
        assert!(sums.contains(&format!(
            " *openwrt-imagebuilder-{version}-ath79-generic.Linux-x86_64.tar."
        )));
        assert!(sums.contains(" *packages/Packages.gz\n"));
        let check = Command::new("sha256sum")
            .args(["--check", "--quiet", "sha256sums"])
            .current_dir(mirror().join(folder))
            .status()
            .unwrap();
        assert!(check.success());
    }
}

#[test]
fn packages_change_between_releases_as_upstreams_did() {
    let names = |version| known_names(version, "ath79/generic", "mips_24kc");
    let (old, new) = (names("23.05.5"), names("24.10.2"));
    for gone in [
        "firewall",
        "auc",
        "libustream-wolfssl",
        "luci-app-opkg",
        "luci-app-diag-core",
        "libubox20230523",
    ] {
        assert!(old.contains(gone) && !new.contains(gone), "{gone}");
    }
    for added in ["owut", "luci-app-package-manager", "libubox20240329"] {
        assert!(!old.contains(added) && new.contains(added), "{added}");
    }
    for kept in [
        "libubox",
        "firewall4",
        "libustream-mbedtls",
        "px5g-mbedtls",
        "rpcd-mod-packagelist",
        "htop",
    ] {
        assert!(old.contains(kept) && new.contains(kept), "{kept}");
    }
    let apk = json("releases/25.12.1/packages/mips_24kc/base/index.json");
    assert_eq!(apk["version"], 2);
    assert!(apk["packages"]["apk-mbedtls"].is_string() && apk["packages"]["opkg"].is_null());
}
