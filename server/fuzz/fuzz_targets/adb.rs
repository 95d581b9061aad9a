//! apk's index, as it comes and as it lies in its container.

#![no_main]

use std::sync::LazyLock;

use asu_index::adb::{Database, PublicKey};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let pem = include_str!("../../../tests/fixtures/apk/birchwrt-feed.pem");
    pem.parse().expect("a key made by the genuine tool")
});

fuzz_target!(|bytes: &[u8]| {
    let uncompressed = [b"ADB.indx", bytes].concat();
    for file in [bytes, &uncompressed] {
        let Ok(database) = Database::open(file) else {
            continue;
        };
        let packages = database.packages();
        if let (Ok(packages), Ok(json)) = (packages, database.to_json()) {
            let listed = json["packages"].as_array().map_or(0, Vec::len);
            assert_eq!(packages.len(), listed);
        }
        // Whoever made the bytes up does not have the key.
        let is_genuine = include_bytes!("../../../tests/fixtures/apk/packages-none.adb") == file;
        assert!(is_genuine || database.verify(std::slice::from_ref(&KEY)).is_err());
    }
});
