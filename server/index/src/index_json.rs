//! `index.json`: the names and versions of an index, which upstream publishes beside it.
//!
//! Version 1 has the names as in the index; version 2 has them without ABI version, as requests
//! name packages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::package::Package;

/// A whole `index.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexJson {
    /// The version of the form; files without it are of version 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub version: u32,
    /// The architecture of the packages: `mips_24kc`; empty if the file does not tell.
    #[serde(default)]
    pub architecture: String,
    /// The target the packages are for, where they are for one only: `ath79/generic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Name to version.
    pub packages: BTreeMap<String, String>,
}

/// A text that is no `index.json`.
#[derive(Debug, thiserror::Error)]
#[error("this is no index.json: {0}; is the address right?")]
pub struct InvalidIndexJson(#[from] serde_json::Error);

fn first() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_first(version: &u32) -> bool {
    *version == 1
}

impl IndexJson {
    /// Reads either version.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidIndexJson> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// What upstream publishes for these packages today: version 2.
    pub fn of(architecture: &str, packages: &[Package]) -> Self {
        Self {
            version: 2,
            architecture: architecture.to_owned(),
            target: None,
            packages: plain_versions(packages),
        }
    }

    /// Whether the names have no ABI version.
    pub fn is_stripped(&self) -> bool {
        self.version >= 2
    }
}

/// The version of each package, by name without ABI version; of several, the last in the index, as
/// upstream has it.
pub fn plain_versions(packages: &[Package]) -> BTreeMap<String, String> {
    versions(packages, Package::plain_name)
}

/// The version of each package, by its name in the index.
pub fn full_versions(packages: &[Package]) -> BTreeMap<String, String> {
    versions(packages, |package| &package.name)
}

fn versions(packages: &[Package], name: fn(&Package) -> &str) -> BTreeMap<String, String> {
    let version = |package| (name(package).to_owned(), package.version.clone());
    packages.iter().map(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{adb, opkg};
    use proptest::prelude::*;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn read(name: &str) -> IndexJson {
        IndexJson::read(&fixture(name)).unwrap()
    }

    #[test]
    fn opkgs_packages_make_upstreams_files() {
        let packages = opkg::read(&fixture("opkg/Packages")).unwrap().packages;
        let second = read("opkg/index.v2.json");
        assert!(second.is_stripped());
        assert_eq!(IndexJson::of("mips_24kc", &packages), second);
        let first = read("opkg/index.v1.json");
        assert!(!first.is_stripped());
        assert_eq!(full_versions(&packages), first.packages);
    }

    #[test]
    fn apks_packages_make_upstreams_file() {
        let database = adb::Database::open(&fixture("apk/packages.adb")).unwrap();
        let packages = database.packages().unwrap();
        assert_eq!(
            IndexJson::of("x86_64", &packages),
            read("apk/index.v2.json")
        );
    }

    #[test]
    fn a_suffix_is_cut_only_where_it_is_one() {
        for (name, abi, plain) in [
            ("libsq3-0", "-0", "libsq3"),
            ("libubox20240329", "20240329", "libubox"),
            ("libubox", "20240329", "libubox"),
            ("20240329", "20240329", "20240329"),
            ("libfoo1", "", "libfoo1"),
        ] {
            let package = Package {
                name: name.to_owned(),
                abi_version: Some(abi.to_owned()),
                ..Package::default()
            };
            assert_eq!(package.plain_name(), plain);
        }
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for text in ["", "[]", "{}", "<html>", r#"{"packages": {"a": 1}}"#] {
            let error = IndexJson::read(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("no index.json"));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            version in 1u32..3, architecture in "[a-z0-9_]{0,9}", target in prop::option::of("[a-z]{1,5}/[a-z]{1,5}"),
            packages in prop::collection::btree_map(".{0,9}", ".{0,9}", 0..9),
        ) {
            let index = IndexJson { version, architecture, target, packages };
            let text = serde_json::to_vec(&index).unwrap();
            prop_assert_eq!(IndexJson::read(&text).unwrap(), index);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
            let _ = IndexJson::read(text.as_bytes());
        }
    }
}
