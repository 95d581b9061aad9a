//! apk's index, as it comes and as it lies in its container.

#![no_main]

use std::sync::LazyLock;

use asu_index::adb::{Database, PublicKey};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let pem = include_str!("../../../tests/fixtures/apk/birchwrt-feed.pem");
    pem.parse().expect("a key made by the genuine tool")
});

static GENUINE: LazyLock<Database> = LazyLock::new(|| {
    let file = include_bytes!("../../../tests/fixtures/apk/packages-none.adb");
    Database::open(file).expect("an index made by the genuine tool")
});

fuzz_target!(|bytes: &[u8]| {
    let uncompressed = [b"ADB.indx", bytes].concat();
    for file in [bytes, &uncompressed] {
        if let Ok(database) = Database::open(file) {
            check(&database);
        }
    }
});

fn check(database: &Database) {
    let Ok(packages) = database.packages() else {
        let _ = (database.to_json(), database.verify(&[KEY.clone()]));
        return;
    };
    if let Ok(json) = database.to_json() {
        let listed = json["packages"].as_array().map_or(0, Vec::len);
        assert_eq!(packages.len(), listed);
    }
    // Whoever made the bytes up does not have the key: what it signed is the genuine index.
    if database.verify(&[KEY.clone()]).is_ok() {
        assert_eq!(GENUINE.packages().ok(), Some(packages));
    }
}
