//! The file formats against files made by the genuine tools.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::cmp::Ordering;
use std::fs;
use std::process::Command;

use asu_test_upstream::format::fwtool::{self, Kind};
use asu_test_upstream::format::stanza::{self, Stanza};
use asu_test_upstream::format::usign::{PublicKey, SecretKey, verify_with_directory};
use asu_test_upstream::format::version;
use proptest::prelude::*;
use support::{fixture, json};

fn bytes(path: &str) -> Vec<u8> {
    fs::read(fixture(path)).unwrap()
}

fn text(path: &str) -> String {
    String::from_utf8_lossy(&bytes(path)).into_owned()
}

fn fixture_key() -> SecretKey {
    let expected = json("usign/expected.json");
    let part = |name: &str| hex::decode(expected[name].as_str().unwrap()).unwrap();
    SecretKey::new(
        part("test_seed_hex").try_into().unwrap(),
        part("keynum_hex").try_into().unwrap(),
    )
}

#[test]
fn usign_keys_and_signatures_are_those_of_the_genuine_tool() {
    let key = fixture_key();
    assert_eq!(key.public_text("birchwrt build key"), text("usign/key.pub"));
    for message in [
        "message.txt",
        "onebyte.bin",
        "block.bin",
        "pad110.txt",
        "pad111.txt",
    ] {
        let signature = key.sign(&bytes(&format!("usign/{message}")));
        assert_eq!(
            signature,
            text(&format!("usign/{message}.sig")),
            "{message}"
        );
    }
}

#[test]
fn usign_verdicts_are_those_of_the_genuine_tool() {
    let keys = tempfile::tempdir().unwrap();
    for (folder, key) in [("keys", "key.pub"), ("keys2", "other.pub")] {
        let folder = keys.path().join(folder);
        fs::create_dir(&folder).unwrap();
        let public = PublicKey::parse(&text(&format!("usign/{key}"))).unwrap();
        fs::copy(
            fixture(&format!("usign/{key}")),
            folder.join(public.fingerprint()),
        )
        .unwrap();
    }
    let verdicts = json("usign/expected.json")["verify"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(verdicts.len(), 25);
    for verdict in verdicts {
        let word = |name: &str| verdict[name].as_str();
        let message = bytes(&format!("usign/{}", word("message").unwrap()));
        let signature = text(&format!("usign/{}", word("signature").unwrap()));
        let is_good = match word("keydir") {
            Some(folder) => verify_with_directory(&keys.path().join(folder), &message, &signature),
            None => PublicKey::parse(&text(&format!("usign/{}", word("pubkey").unwrap())))
                .unwrap()
                .verify(&message, &signature),
        };
        assert_eq!(
            is_good,
            verdict["usign"]["ok"].as_bool().unwrap(),
            "{verdict}"
        );
    }
}

/// OpenBSD's signify, from which usign has its format; `cargo xtask setup` installs it.
#[test]
fn signify_accepts_the_mirrors_signatures() {
    let dir = tempfile::tempdir().unwrap();
    let key = SecretKey::of_the_mirror();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("key.pub"), key.public_text("test")).unwrap();
    fs::write(path("message"), "message").unwrap();
    fs::write(path("message.sig"), key.sign(b"message")).unwrap();
    let status = Command::new("signify-openbsd")
        .args(["-V", "-q", "-p"])
        .arg(path("key.pub"))
        .arg("-x")
        .arg(path("message.sig"))
        .arg("-m")
        .arg(path("message"))
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_key_is_read_back_from_its_file() {
    let key = fixture_key();
    let again = SecretKey::parse(&key.secret_text("x")).unwrap();
    assert_eq!(again.sign(b"message"), key.sign(b"message"));
}

#[test]
fn appended_trailers_are_those_of_the_genuine_tool() {
    let mut image = bytes("fwtool/image.bin");
    fwtool::append(&mut image, Kind::Metadata, &bytes("fwtool/metadata.json"));
    assert_eq!(image, bytes("fwtool/image-meta.bin"));
    fwtool::append(&mut image, Kind::Signature, &bytes("fwtool/image.sig"));
    assert_eq!(image, bytes("fwtool/image-meta-sig.bin"));
    let mut image = bytes("fwtool/image.bin");
    fwtool::append(
        &mut image,
        Kind::Signature,
        &bytes("fwtool/image-nometa.sig"),
    );
    assert_eq!(image, bytes("fwtool/image-sig.bin"));
}

#[test]
fn trailers_longer_than_the_genuine_tool_takes_are_left_out() {
    for case in json("fwtool/expected.json")["append_limits"]
        .as_array()
        .unwrap()
    {
        let kind = match case["what"].as_str().unwrap() {
            "metadata" => Kind::Metadata,
            _ => Kind::Signature,
        };
        let mut image = vec![0; 100];
        let length = usize::try_from(case["bytes"].as_u64().unwrap()).unwrap();
        fwtool::append(&mut image, kind, &vec![b'x'; length]);
        let grew = image.len() as u64 - 100;
        assert_eq!(grew, case["image_grew_by"].as_u64().unwrap(), "{case}");
    }
}

#[test]
fn trailers_are_found_and_damage_is_noticed() {
    let image = bytes("fwtool/image-meta-sig.bin");
    let signature = fwtool::last(&image).unwrap();
    assert_eq!(signature.kind, Kind::Signature);
    assert_eq!(
        signature.data,
        bytes("fwtool/image-meta-sig.extracted-signature")
    );
    let metadata = fwtool::last(signature.rest).unwrap();
    assert_eq!(metadata.kind, Kind::Metadata);
    assert_eq!(
        metadata.data,
        bytes("fwtool/image-meta-sig.extracted-metadata")
    );
    assert_eq!(metadata.rest, bytes("fwtool/image.bin"));
    for damaged in [
        "image.bin",
        "image-meta-corrupt-body.bin",
        "image-truncated.bin",
        "image-meta-bad-size.bin",
        "image-decoy.bin",
        "tiny.bin",
        "zero.bin",
    ] {
        let image = bytes(&format!("fwtool/{damaged}"));
        assert!(fwtool::last(&image).is_none(), "{damaged}");
    }
}

#[test]
fn versions_order_as_opkg_orders_them() {
    let pairs = json("versions.json")["pairs"].as_array().unwrap().clone();
    let pairs: Vec<_> = pairs
        .iter()
        .filter(|pair| pair["flavour"] == "opkg")
        .collect();
    assert!(pairs.len() > 50);
    for pair in pairs {
        let (a, b) = (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap());
        let wanted = pair["cmp"].as_i64().unwrap().cmp(&0);
        assert_eq!(version::compare(a, b), wanted, "{a} {b}");
        assert_eq!(version::compare(b, a), wanted.reverse(), "{b} {a}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_a_version(a in "[0-9a-z.~+:-]{0,12}", b in "[0-9a-z.~+:-]{0,12}") {
        prop_assert_eq!(version::compare(&a, &b), version::compare(&b, &a).reverse());
        prop_assert_eq!(version::compare(&a, &a), Ordering::Equal);
    }

    #[test]
    fn stanzas_are_read_back(fields in prop::collection::vec(("[A-Z][a-z-]{0,8}", "[!-~][ -~]{0,20}(\n [!-~]{1,9}){0,2}"), 1..6)) {
        let stanza = fields.iter().fold(Stanza::default(), |stanza, (name, value)| stanza.with(name, value.as_str()));
        let text = format!("{stanza}\n{stanza}");
        prop_assert_eq!(stanza::parse(&text), vec![stanza.clone(), stanza]);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = fwtool::last(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = stanza::parse(&text);
        let _ = PublicKey::parse(&text);
    }
}
