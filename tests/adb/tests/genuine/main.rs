//! What is written, against what apk-tools wrote of the same packages.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

mod reader;

use asu_test_adb::package::Node;
use asu_test_adb::{Contents, Database, Index, Invalid, Key, Package, PublicKey, file};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// Each package is read and written again; its digest stands in apk's index.
#[test]
fn the_same_files_become_the_same_package() {
    let listed = index().packages;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/apk/packages");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut count = 0;
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "apk")) {
        let theirs = std::fs::read(&file).unwrap();
        let mut contents = Database::open(&theirs).unwrap().package().unwrap();
        if contents.info.name == "netwright" {
            // The order that `apk mkpkg` was given, which the list does not keep.
            contents.info.depends[1..].reverse();
        }
        let ours = contents.write().unwrap();
        assert!(
            inflated(&ours.bytes) == inflated(&theirs),
            "{}",
            file.display()
        );
        let entry = Package {
            file_size: u32::try_from(theirs.len()).unwrap(),
            ..ours.entry
        };
        let listed = listed.iter().find(|other| other.hashes == entry.hashes);
        let sorted = |mut package: Package| {
            package.depends.sort();
            package
        };
        assert_eq!(listed.cloned(), Some(sorted(entry)));
        count += 1;
    }
    assert_eq!(
        count, 4,
        "a library, a program with scripts, one with settings, one of data"
    );
}

#[test]
fn what_is_written_can_be_read() {
    let of = |path: &str, node| (path.to_owned(), node);
    let contents = Contents {
        info: index().packages.remove(0),
        nodes: BTreeMap::from([
            of("bin", Node::Directory),
            of("bin/a", Node::File(vec![1; 70_000], 0o755)),
            of("bin/b", Node::Link("a".to_owned())),
            of("bin/c", Node::File(Vec::new(), 0o600)),
            of("empty", Node::Directory),
        ]),
        scripts: BTreeMap::from([("pre-upgrade".to_owned(), "exit 0\n".repeat(100))]),
        time: 1_751_500_000,
    };
    let written = contents.write().unwrap();
    let read = Database::open(&written.bytes).unwrap();
    let found = read.package().unwrap();
    assert_eq!(
        (&found.nodes, &found.scripts),
        (&contents.nodes, &contents.scripts)
    );
    assert_eq!(found.info.installed_size, 70_000);
    assert_eq!(written.entry.hashes, Sha256::digest(&read.data).to_vec());
    let cut = &inflated(&written.bytes)[..50_000];
    assert_eq!(Database::open(cut), None);
}

#[test]
fn a_signature_is_believed_of_a_known_key_only() {
    let known = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/apk/birchwrt-feed.pem"),
    );
    let known = PublicKey::parse(&known.unwrap()).unwrap();
    let signed = |name: &str, key: &PublicKey| {
        let keys = std::slice::from_ref(key);
        Database::open(&fixture(name)).unwrap().is_signed_by(keys)
    };
    assert!(signed("packages.adb", &known) && signed("packages-none.adb", &known));
    for name in [
        "packages-otherkey.adb",
        "packages-unsigned.adb",
        "packages-corrupt.adb",
    ] {
        assert!(!signed(name, &known), "{name}");
    }
    let key = Key::of("a test");
    let again = Key::parse_secret(&key.secret_pem()).unwrap();
    let public =
        PublicKey::parse(&format!("untrusted comment: x\n{}", again.public_pem())).unwrap();
    let ours = Database::open(&index().file(&[&key]).unwrap()).unwrap();
    assert!(ours.is_signed_by(&[known, public]));
    let listed: Vec<Package> = ours.packages().unwrap();
    let unseen = |package: Package| Package {
        identity: Vec::new(),
        ..package
    };
    assert_eq!(
        listed,
        index().packages.into_iter().map(unseen).collect::<Vec<_>>()
    );
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
