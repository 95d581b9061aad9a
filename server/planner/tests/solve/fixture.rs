//! Packages and cases of the recordings in `tests/fixtures`.

use asu_index::adb::Database;
use asu_index::{Flavour, Package};
use asu_planner::solve::Universe;
use serde_json::Value;

/// The universe the cases of a package manager were recorded in.
pub(crate) fn universe(flavour: Flavour) -> Universe {
    let (architecture, packages) = match flavour {
        Flavour::Apk => ("x86_64", apk_packages(&read("apk/packages.adb"))),
        Flavour::Opkg => ("mips_24kc", opkg_packages(&read("opkg/Packages"))),
    };
    Universe::new(flavour, &[architecture.to_owned()], packages)
}

/// The cases of a package manager.
pub(crate) fn cases(flavour: Flavour) -> Vec<Value> {
    let path = match flavour {
        Flavour::Apk => "apk/cases.json",
        Flavour::Opkg => "opkg/cases.json",
    };
    let cases: Value = serde_json::from_slice(&read(path)).unwrap();
    cases.as_array().unwrap().clone()
}

/// A list of texts, empty where there is none.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter().map(text).collect()
}

/// The packages of an index of apk.
pub(crate) fn apk_packages(index: &[u8]) -> Vec<Package> {
    Database::open(index).unwrap().packages().unwrap()
}

/// The packages of an index of opkg.
pub(crate) fn opkg_packages(index: &[u8]) -> Vec<Package> {
    asu_index::opkg::read(index).unwrap().packages
}

fn read(path: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    std::fs::read(format!("{folder}/{path}")).unwrap()
}
