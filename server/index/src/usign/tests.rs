use super::*;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use serde_json::Value;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/usign/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

fn key(name: &str) -> PublicKey {
    text(name).parse().unwrap()
}

fn verdict(case: &Value) -> bool {
    let Ok(signature) = text(case["signature"].as_str().unwrap()).parse::<Signature>() else {
        return false;
    };
    let message = fixture(case["message"].as_str().unwrap());
    match case["keydir"].as_str() {
        Some("keys") => signature.is_by_one_of(&[key("key.pub")], &message),
        Some("keys2") => signature.is_by_one_of(&[key("other.pub")], &message),
        _ => key(case["pubkey"].as_str().unwrap()).verify(&message, &signature),
    }
}

#[test]
fn verdicts_are_those_of_the_genuine_tool() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let cases = expected["verify"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        assert_eq!(
            verdict(case),
            case["usign"]["ok"].as_bool().unwrap(),
            "{case}"
        );
    }
}

#[test]
fn numbers_are_those_of_the_genuine_tool() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    assert_eq!(
        key("key.pub").number().to_string(),
        expected["fingerprint"].as_str().unwrap()
    );
    let signature: Signature = text("message.txt.sig").parse().unwrap();
    assert_eq!(signature.number(), key("key.pub").number());
}

#[test]
fn the_signature_of_a_mirror_directory() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/mirror/");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let keys = [read("c0d0fc58a25552e9").parse().unwrap()];
    let verdict = |name: &str| {
        let signature: Signature = read(name).parse().unwrap();
        signature.is_by_one_of(&keys, read("sha256sums").as_bytes())
    };
    assert!(verdict("sha256sums.sig"));
    assert!(!verdict("sha256sums.other.sig"));
}

fn written(comment: &str, number: [u8; 8], payload: &[u8]) -> String {
    let bytes = [ALGORITHM, &number, payload].concat();
    format!("untrusted comment: {comment}\n{}\n", STANDARD.encode(bytes))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = text.parse::<PublicKey>();
        let _ = text.parse::<Signature>();
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else(
        seed: [u8; 32], number: [u8; 8], message: Vec<u8>, comment in "[^\n]{0,30}", flip in 0usize..64,
    ) {
        let secret = SigningKey::from_bytes(&seed);
        let key: PublicKey =
            written(&comment, number, secret.verifying_key().as_bytes()).parse().unwrap();
        let mut bytes = secret.sign(&message).to_bytes();
        let good: Signature = written(&comment, number, &bytes).parse().unwrap();
        prop_assert!(key.verify(&message, &good));
        prop_assert!(good.is_by_one_of(std::slice::from_ref(&key), &message));
        bytes[flip] ^= 1;
        let bad: Signature = written(&comment, number, &bytes).parse().unwrap();
        prop_assert!(!key.verify(&message, &bad));
    }
}
