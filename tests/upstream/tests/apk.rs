//! The feeds of apk's release: whole, signed, and such that apk can choose from them.
//!
//! That apk itself reads, trusts and solves them was tried with apk-tools 3.0.6; that the bytes are
//! of its form, `tests/adb` holds against what it wrote.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use asu_protocol::profiles::TargetProfiles;
use asu_test_adb::{Package, file};
use asu_test_upstream::mirror::{apk, feed};
use asu_test_upstream::world::package;
use asu_test_upstream::world::release::{Release, TARGETS, Target, find};
use serde_json::Value;
use support::mirror;

const VERSION: &str = "25.12.1";

fn release() -> &'static Release {
    find(VERSION).unwrap()
}

/// The folders of a target's feeds and the feed in each.
fn feeds(target: &Target) -> Vec<(String, &'static str)> {
    let base = format!("releases/{VERSION}");
    let here = format!("{base}/targets/{}", target.name);
    let kmods = format!("{here}/kmods/{}", release().kmods_folder(target));
    let own = [(format!("{here}/packages"), "core"), (kmods, "kmod")];
    let shared = feed::SHARED.map(|feed| (format!("{base}/packages/{}/{feed}", target.arch), feed));
    own.into_iter().chain(shared).collect()
}

fn entries(target: &Target) -> Vec<Package> {
    package::of(release(), target)
        .iter()
        .map(package::Package::entry)
        .collect()
}

#[test]
fn each_feed_has_its_index_signed_by_the_mirrors_key() {
    for target in &TARGETS {
        for (folder, name) in feeds(target) {
            let packages = package::of(release(), target);
            let packages = packages.iter().filter(|package| package.feed == name);
            let with_file = |package| (package, apk::build(package, release(), target).unwrap());
            let packages: Vec<_> = packages.map(with_file).collect();
            let packages: Vec<_> = packages.iter().collect();
            assert!(!packages.is_empty(), "{folder}");
            for (_, built) in &packages {
                let file = mirror().join(&folder).join(apk::file_name(&built.entry));
                assert!(std::fs::read(file).unwrap() == built.bytes, "{folder}");
            }
            let written = std::fs::read(mirror().join(&folder).join("packages.adb")).unwrap();
            let mut plain = Vec::new();
            let packed = written.strip_prefix(b"ADBd").unwrap();
            flate2::read::DeflateDecoder::new(packed)
                .read_to_end(&mut plain)
                .unwrap();
            let unsigned = file::plain(*b"indx", &apk::index(&packages).data().unwrap(), &[]);
            assert!(
                plain.starts_with(&unsigned) && plain.len() > unsigned.len(),
                "{folder}"
            );
            assert_eq!(written, apk::index(&packages).file(&[&apk::key()]).unwrap());
        }
    }
    let pem = std::fs::read_to_string(mirror().join("keys/test-mirror.pem")).unwrap();
    assert_eq!(pem, apk::key().public_pem());
}

#[test]
fn index_json_has_the_names_without_abi_version() {
    for target in &TARGETS {
        for (folder, name) in feeds(target) {
            let text = std::fs::read(mirror().join(&folder).join("index.json")).unwrap();
            let index: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(index["version"], 2);
            let listed: BTreeMap<String, String> =
                serde_json::from_value(index["packages"].clone()).unwrap();
            let packages = package::of(release(), target);
            let packages = packages.iter().filter(|package| package.feed == name);
            let wanted =
                packages.map(|package| (package.base_name.to_owned(), package.version.clone()));
            assert_eq!(listed, wanted.collect(), "{folder}");
        }
    }
}

#[test]
fn packages_are_as_openwrts_build_describes_them() {
    let entries = entries(&TARGETS[1]);
    let entry = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap();
    let library = entry("libubox20251104");
    assert_eq!(library.provides, ["libubox", "libubox-any"]);
    assert_eq!(library.tags, ["openwrt:abiversion=20251104"]);
    // The variant taken where none is named, and one that takes its place.
    assert_eq!(
        (entry("dnsmasq").provider_priority, &*entry("dnsmasq").arch),
        (100, "x86_64")
    );
    let full = entry("dnsmasq-full");
    assert_eq!(
        full.provides,
        ["dnsmasq-full-any", &format!("dnsmasq={}", full.version)]
    );
    let module = entry("kmod-e1000e");
    let kernel = &entry("kernel").version;
    assert!(
        module.depends.contains(&format!("kernel={kernel}")),
        "{module:?}"
    );
    assert!(
        kernel.starts_with("6.12.74~") && kernel.ends_with("-r1"),
        "{kernel}"
    );
    assert_eq!(entry("luci").arch, "noarch");
}

#[test]
fn every_name_that_is_needed_is_there() {
    for target in &TARGETS {
        let entries = entries(target);
        let bare = |text: &String| text.split('=').next().unwrap().to_owned();
        let provided = entries
            .iter()
            .flat_map(|entry| entry.provides.iter().map(bare));
        let known: BTreeSet<String> = entries
            .iter()
            .map(|entry| entry.name.clone())
            .chain(provided)
            .collect();
        for entry in &entries {
            let needed = entry.depends.iter().filter(|need| !need.starts_with('!'));
            needed
                .for_each(|need| assert!(known.contains(&bare(need)), "{need} of {}", entry.name));
        }
        let path = format!("releases/{VERSION}/targets/{}/profiles.json", target.name);
        let text = std::fs::read(mirror().join(path)).unwrap();
        let profiles: TargetProfiles = serde_json::from_slice(&text).unwrap();
        let devices = profiles
            .profiles
            .values()
            .flat_map(|profile| &profile.device_packages);
        for name in profiles.default_packages.iter().chain(devices) {
            assert!(known.contains(name.trim_start_matches('-')), "{name}");
        }
    }
}
