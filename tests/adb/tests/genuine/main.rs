//! What is written, against what apk-tools wrote of the same packages.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::io::Read as _;
use std::path::Path;

mod reader;

use asu_test_adb::{Index, Invalid, Key, Package, file};
use serde_json::Value;

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/apk");
    std::fs::read(folder.join(name)).unwrap()
}

fn inflated(file: &[u8]) -> Vec<u8> {
    let packed = file.strip_prefix(b"ADBd").unwrap();
    let mut plain = Vec::new();
    flate2::read::DeflateDecoder::new(packed)
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

/// The index that `apk adbdump --format json` printed.
fn dumped(name: &str) -> Index {
    let dump: Value = serde_json::from_slice(&fixture(name)).unwrap();
    let packages = dump["packages"].as_array().unwrap().iter().map(package);
    Index {
        description: text(&dump["description"]),
        packages: packages.collect(),
    }
}

fn package(dump: &Value) -> Package {
    let [
        name,
        version,
        description,
        arch,
        license,
        origin,
        maintainer,
        url,
    ] = [
        "name",
        "version",
        "description",
        "arch",
        "license",
        "origin",
        "maintainer",
        "url",
    ]
    .map(|field| text(&dump[field]));
    let [depends, provides, replaces, install_if, tags] =
        ["depends", "provides", "replaces", "install-if", "tags"].map(|field| texts(&dump[field]));
    let [installed_size, file_size, provider_priority] =
        ["installed-size", "file-size", "provider-priority"].map(|field| number(&dump[field]));
    let hashes = hex::decode(text(&dump["hashes"])).unwrap();
    Package {
        name,
        version,
        hashes,
        description,
        arch,
        license,
        origin,
        maintainer,
        url,
        installed_size,
        file_size,
        provider_priority,
        depends,
        provides,
        replaces,
        install_if,
        tags,
        ..Package::default()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap_or_default()).unwrap()
}

/// The dump, with the digests that no dump shows.
fn index() -> Index {
    let mut index = dumped("packages-unsigned.adbdump.json");
    let theirs = inflated(&fixture("packages-unsigned.adb"));
    let unseen = reader::unreferenced(&theirs[12..]);
    assert_eq!(unseen.len(), index.packages.len());
    for (package, blob) in index.packages.iter_mut().zip(unseen) {
        // A length, and as many bytes.
        assert_eq!((blob[0], blob.len()), (20, 21));
        package.identity = blob[1..].to_vec();
    }
    index
}

#[test]
fn the_same_packages_become_the_same_bytes() {
    let ours = inflated(&index().file(&[]).unwrap());
    assert!(ours == inflated(&fixture("packages-unsigned.adb")));
}

/// Signatures by apk differ every time, so the block is compared up to the signature itself.
#[test]
fn a_signature_block_has_apks_form() {
    let index = index();
    let key = Key::of("a test");
    let ours = inflated(&index.file(&[&key]).unwrap());
    let data = file::plain(*b"indx", &index.data().unwrap(), &[]);
    let theirs = inflated(&fixture("packages.adb"));
    assert!(ours[..data.len()] == theirs[..data.len()]);
    let (ours, theirs) = (&ours[data.len()..], &theirs[data.len()..]);
    for block in [ours, theirs] {
        assert_eq!((block[3] >> 6, &block[4..6]), (1, &[0, 4][..]));
        // A sequence of two numbers, in DER.
        assert_eq!(block[22], 0x30);
        assert_eq!(block.len() % 8, 0);
    }
    assert_ne!(ours[6..22], theirs[6..22], "each key has its id");
}

#[test]
fn the_same_index_gets_the_same_signature() {
    let index = index();
    let signed = || index.file(&[&Key::of("a test")]).unwrap();
    assert_eq!(signed(), signed());
    assert_ne!(signed(), index.file(&[&Key::of("another")]).unwrap());
    let pem = Key::of("a test").public_pem();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
}

#[test]
fn what_is_no_relation_is_refused() {
    for text in ["", "!", "=1", "a=", "a<"] {
        let depends = vec![text.to_owned()];
        let packages = vec![Package {
            depends,
            ..Package::default()
        }];
        let index = Index {
            packages,
            ..Index::default()
        };
        assert_eq!(index.data(), Err(Invalid::Relation(text.to_owned())));
    }
}
