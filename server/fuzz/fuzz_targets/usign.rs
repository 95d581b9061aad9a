//! Keys and signatures of usign.

#![no_main]

use asu_index::usign::{PublicKey, Signature};
use libfuzzer_sys::fuzz_target;

const KEY: &str = include_str!("../../../tests/fixtures/usign/key.pub");
const SIGNED: &[u8] = include_bytes!("../../../tests/fixtures/usign/message.txt");
const OTHER: &[u8] = b"nobody signed this";

fuzz_target!(|text: &str| {
    let known: PublicKey = KEY.parse().expect("a key made by the genuine tool");
    let Ok(signature) = text.parse::<Signature>() else {
        let _ = text.parse::<PublicKey>();
        return;
    };
    assert!(!known.verify(OTHER, &signature));
    // A signature by any key is one by that key alone.
    if signature.is_by_one_of(std::slice::from_ref(&known), SIGNED) {
        assert_eq!(signature.number(), known.number());
    }
});
