//! The list of an image's packages, as a reader of SPDX takes it.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::collections::{BTreeMap, BTreeSet};

use asu_signing::{Contents, spdx};
use proptest::prelude::*;
use serde_json::Value;

fn document(packages: &BTreeMap<String, String>) -> Value {
    let contents = Contents {
        name: "openwrt-24.10.2-x86-64-generic",
        distribution: "openwrt",
        release: "24.10.2",
        created: "2025-06-01T00:00:00Z",
        images: &[("a.img.gz", "00ff"), ("b.img.gz", "ff00")],
        packages,
    };
    let bytes = spdx(&contents);
    assert_eq!(bytes, spdx(&contents));
    serde_json::from_slice(&bytes).unwrap()
}

fn packages(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, version): &(&str, &str)| ((*name).to_owned(), (*version).to_owned());
    list.iter().map(owned).collect()
}

fn named<'a>(document: &'a Value, name: &str) -> &'a Value {
    let mut all = document["packages"].as_array().unwrap().iter();
    all.find(|package| package["name"] == name).unwrap()
}

#[test]
fn packages_have_their_versions_and_urls() {
    let document = document(&packages(&[
        ("libstdcpp6", "13.3.0-r4"),
        ("foo++", "1:2+git~ab"),
    ]));
    assert_eq!(document["spdxVersion"], "SPDX-2.3");
    assert_eq!(document["creationInfo"]["created"], "2025-06-01T00:00:00Z");
    let url = |name| named(&document, name)["externalRefs"][0]["referenceLocator"].clone();
    let plain = "pkg:generic/openwrt/libstdcpp6@13.3.0-r4?distro=openwrt-24.10.2";
    assert_eq!(url("libstdcpp6"), plain);
    let escaped = "pkg:generic/openwrt/foo%2B%2B@1%3A2%2Bgit~ab?distro=openwrt-24.10.2";
    assert_eq!(url("foo++"), escaped);
    assert_eq!(named(&document, "foo++")["versionInfo"], "1:2+git~ab");
    assert_eq!(
        named(&document, "b.img.gz")["checksums"][0]["checksumValue"],
        "ff00"
    );
}

#[test]
fn other_contents_have_another_namespace() {
    let [one, two] =
        ["1", "2"].map(|v| document(&packages(&[("luci", v)]))["documentNamespace"].clone());
    assert!(one.as_str().unwrap().starts_with("urn:uuid:"), "{one}");
    assert_ne!(one, two);
}

proptest! {
    /// Whatever packages are called, ids are allowed ones, no two are the same, and each package is
    /// reached from each image.
    #[test]
    fn every_package_is_reached(names in proptest::collection::btree_set("[a-z0-9+_.-]{1,6}", 0..9)) {
        let list = names.iter().map(|name| (name.clone(), "1".to_owned())).collect();
        let document = document(&list);
        let all = document["packages"].as_array().unwrap();
        let ids: BTreeSet<&str> = all.iter().map(|p| p["SPDXID"].as_str().unwrap()).collect();
        prop_assert_eq!(ids.len(), names.len() + 3);
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        prop_assert!(ids.iter().all(|id| id.starts_with("SPDXRef-") && id.chars().all(allowed)));
        let relations = document["relationships"].as_array().unwrap();
        let targets: BTreeSet<&str> =
            relations.iter().map(|r| r["relatedSpdxElement"].as_str().unwrap()).collect();
        prop_assert_eq!(targets, ids);
    }
}
