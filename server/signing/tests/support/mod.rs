//! Files made by the genuine tools, and the key they were signed with.
#![allow(dead_code, reason = "each test uses some of it")]

use asu_signing::SecretKey;
use serde_json::Value;

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/");
    std::fs::read(format!("{folder}{name}")).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(crate) fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

pub(crate) fn document(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

/// The key whose public half is `usign/key.pub`.
pub(crate) fn fixture_key() -> SecretKey {
    let expected = document("usign/expected.json");
    let part = |name: &str| hex::decode(expected[name].as_str().unwrap()).unwrap();
    let seed: [u8; 32] = part("test_seed_hex").try_into().unwrap();
    SecretKey::new(&seed, part("keynum_hex").try_into().unwrap())
}
