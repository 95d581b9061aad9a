//! Trailers and signatures of images against what the genuine fwtool, usign and ucert made and said.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod support;

use asu_signing::{Kind, PublicKey, Wrong, appended, detached, last};
use proptest::prelude::*;
use support::{document, fixture, text};

/// 2026-12-01, when the fixtures' certificates were valid.
const THEN: i64 = 1_796_083_200;

fn key(name: &str) -> PublicKey {
    text(name).parse().unwrap()
}

#[test]
fn trailers_are_read_as_the_genuine_tool_reads_them() {
    let expected = document("fwtool/expected.json");
    let cases = expected["extract"].as_array().unwrap();
    assert!(cases.len() > 8);
    for case in cases {
        let image = fixture(&format!("fwtool/{}", case["image"].as_str().unwrap()));
        let mut outer = last(&image).ok().flatten();
        let signature = outer.filter(|found| found.kind == Kind::Signature);
        let told = &case["signature"];
        assert_eq!(signature.is_some(), told["rc"] == 0, "{case}");
        if let Some(found) = signature {
            assert_eq!(told["len"], found.data.len(), "{case}");
            assert_eq!(told["t_len"], found.rest.len(), "{case}");
            outer = last(found.rest).unwrap();
        }
        let metadata = outer.filter(|found| found.kind == Kind::Metadata);
        assert_eq!(metadata.is_some(), case["metadata"]["rc"] == 0, "{case}");
        if let Some(found) = metadata {
            assert_eq!(found.data, fixture("fwtool/metadata.json"), "{case}");
        }
    }
}

#[test]
fn verdicts_on_files_are_those_of_the_genuine_tool() {
    let expected = document("usign/expected.json");
    let cases = expected["verify"].as_array().unwrap();
    let cases = cases.iter().filter(|case| case["pubkey"].is_string());
    for case in cases {
        let [message, signature, pubkey] = ["message", "signature", "pubkey"]
            .map(|part| format!("usign/{}", case[part].as_str().unwrap()));
        let verdict = detached(&key(&pubkey), &fixture(&message), &text(&signature));
        assert_eq!(verdict.is_ok(), case["usign"]["ok"] == true, "{case}");
    }
}

#[test]
fn images_signed_by_the_genuine_tools_are_good() {
    for name in [
        "image-meta-sig.bin",
        "image-meta-ucert.bin",
        "image-sig.bin",
    ] {
        let image = fixture(&format!("fwtool/{name}"));
        let good = appended(&key("fwtool/build.pub"), &image, 0).unwrap();
        assert_eq!(good.by.to_string(), "c0d0fc58a25552e9", "{name}");
        let unsigned = if name == "image-sig.bin" {
            "image.bin"
        } else {
            "image-meta.bin"
        };
        let unsigned = fixture(&format!("fwtool/{unsigned}"));
        assert_eq!(good.signed_bytes, unsigned.len(), "{name}");
    }
}

#[test]
fn certificates_are_good_as_long_as_ucert_says() {
    let image = fixture("fwtool/image-meta-ucert.bin");
    let issuer = key("fwtool/ca.pub");
    let by = appended(&issuer, &image, THEN).unwrap().by;
    assert_eq!(by.to_string(), "c0d0fc58a25552e9");
    let (begin, end) = (1_790_812_800, 1_822_348_800);
    for (now, is_good) in [
        (begin - 1, false),
        (begin, true),
        (end - 1, true),
        (end, false),
    ] {
        let verdict = appended(&issuer, &image, now);
        assert_eq!(verdict.is_ok(), is_good, "{now}");
        assert!(is_good || verdict == Err(Wrong::Expired(by)), "{now}");
    }
    // Without certificates the issuer's key says nothing.
    let plain = fixture("fwtool/image-meta-sig.bin");
    let verdict = appended(&issuer, &plain, THEN).unwrap_err();
    assert_eq!(
        verdict,
        Wrong::OtherKey {
            by,
            wanted: issuer.number()
        }
    );
}

#[test]
fn what_is_wrong_is_said() {
    let build = key("fwtool/build.pub");
    let verdict =
        |name: &str| appended(&build, &fixture(&format!("fwtool/{name}")), THEN).unwrap_err();
    for unsigned in [
        "image.bin",
        "image-meta.bin",
        "image-truncated.bin",
        "tiny.bin",
        "zero.bin",
    ] {
        assert_eq!(verdict(unsigned), Wrong::Unsigned, "{unsigned}");
    }
    for damaged in [
        "image-meta-corrupt-body.bin",
        "image-meta-corrupt-json.bin",
        "image-meta-bad-size.bin",
        "image-decoy.bin",
    ] {
        assert!(matches!(verdict(damaged), Wrong::Damaged(_)), "{damaged}");
    }
    let changed = detached(&build, b"x", &text("fwtool/image.sig")).unwrap_err();
    assert!(
        changed.to_string().contains("c0d0fc58a25552e9"),
        "{changed}"
    );
    let odd = detached(&build, b"x", "no signature").unwrap_err();
    assert!(matches!(odd, Wrong::Signature(_)), "{odd}");
}

proptest! {
    /// No bytes, and no bytes that look like a trailer, stop the reader.
    #[test]
    fn any_bytes_are_read(
        body: Vec<u8>, kind in 0_u8..3, size in prop_oneof![0_u32..64, any::<u32>()], is_summed: bool,
    ) {
        let mut image = body;
        let sum = if is_summed { !crc32fast::hash(&image) } else { 7 };
        image.extend_from_slice(b"FWx0");
        image.extend_from_slice(&sum.to_be_bytes());
        image.extend_from_slice(&[kind, 0, 0, 0]);
        image.extend_from_slice(&size.to_be_bytes());
        if let Ok(Some(found)) = last(&image) {
            prop_assert!(is_summed && found.rest.len() + found.data.len() + 16 <= image.len());
        }
        prop_assert!(appended(&key("fwtool/ca.pub"), &image, THEN).is_err());
    }

    /// One wrong byte anywhere, and neither key says that it signed the image.
    #[test]
    fn every_changed_byte_is_noticed(at in 0_usize..66_334, flip in 1_u8..) {
        let mut image = fixture("fwtool/image-meta-ucert.bin");
        image[at] ^= flip;
        for public in ["fwtool/ca.pub", "fwtool/build.pub"] {
            prop_assert!(appended(&key(public), &image, THEN).is_err(), "{} {}", at, public);
        }
    }

    /// The same with a checksum that fits, so that the certificates are looked at.
    #[test]
    fn every_changed_byte_of_the_certificates_is_noticed_or_of_no_weight(
        at in 0_usize..516, flip in 1_u8..,
    ) {
        let image = fixture("fwtool/image-meta-ucert.bin");
        let found = last(&image).unwrap().unwrap();
        let mut chain = found.data.to_vec();
        chain[at] ^= flip;
        let mut forged = [found.rest, &chain].concat();
        let sum = !crc32fast::hash(&forged);
        forged.extend_from_slice(b"FWx0");
        forged.extend_from_slice(&sum.to_be_bytes());
        forged.extend_from_slice(&image[image.len() - 8..]);
        // Comments and padding are signed by nobody, and say nothing.
        if let Ok(good) = appended(&key("fwtool/ca.pub"), &forged, THEN) {
            prop_assert_eq!(good.by.to_string(), "c0d0fc58a25552e9");
            prop_assert_eq!(good.signed_bytes, found.rest.len());
        }
    }
}
