//! Signed images against those that the genuine fwtool, usign and ucert made.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use asu_signing::{KeyFileError, PublicKey, SecretKey, Signer, appended, create, detached};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use support::{fixture, fixture_key, text};

/// 2026-12-01, when the fixtures' certificates were valid.
const THEN: i64 = 1_796_083_200;

/// The genuine key's files as `PREFIX.sec` and, where wanted, `PREFIX.ucert`.
fn prefix(dir: &Path, certificates: Option<&[u8]>) -> PathBuf {
    let secret = dir.join("build.sec");
    fs::write(&secret, &*fixture_key().secret_text("c", [0; 16])).unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    if let Some(bytes) = certificates {
        fs::write(dir.join("build.ucert"), bytes).unwrap();
    }
    dir.join("build")
}

fn with_certificate(dir: &Path) -> Signer {
    Signer::open(&prefix(dir, Some(&fixture("fwtool/key.ucert"))), THEN).unwrap()
}

#[test]
fn a_certified_image_is_the_genuine_tools_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let signer = with_certificate(dir.path());
    // Signed by nobody, by us, and by somebody else before: the outcome is the same.
    for name in [
        "image-meta.bin",
        "image-meta-ucert.bin",
        "image-meta-sig.bin",
    ] {
        let image = dir.path().join(name);
        fs::write(&image, fixture(&format!("fwtool/{name}"))).unwrap();
        let sums = signer.sign_file(&image).unwrap();
        let sealed = fs::read(&image).unwrap();
        assert!(sealed == fixture("fwtool/image-meta-ucert.bin"), "{name}");
        let before = Sha256::digest(fixture("fwtool/image-meta.bin"));
        assert_eq!(sums.sha256_unsigned, hex::encode(before), "{name}");
        assert_eq!(sums.sha256, hex::encode(Sha256::digest(&sealed)));
        let beside = fs::read_to_string(dir.path().join(format!("{name}.sig"))).unwrap();
        let key: PublicKey = text("fwtool/build.pub").parse().unwrap();
        detached(&key, &sealed, &beside).unwrap();
    }
}

#[test]
fn without_certificates_a_router_needs_the_key_itself() {
    let signer = Signer::new(fixture_key());
    let image = fixture("fwtool/image-meta.bin");
    let seal = signer.seal(&image);
    let sealed = [&image[..seal.signed_bytes], &seal.trailer].concat();
    let key: PublicKey = text("fwtool/build.pub").parse().unwrap();
    assert_eq!(
        appended(&key, &sealed, 0).unwrap().signed_bytes,
        image.len()
    );
    // The last element of the genuine chain, as it is.
    let chain = fixture("fwtool/image.ucert");
    let element = &chain[fixture("fwtool/key.ucert").len()..];
    assert_eq!(&seal.trailer[..element.len()], element);
}

#[test]
fn an_image_without_a_trailer_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let signer = with_certificate(dir.path());
    for name in ["image.bin", "image-meta-corrupt-body.bin", "zero.bin"] {
        let (image, bytes) = (dir.path().join(name), fixture(&format!("fwtool/{name}")));
        fs::write(&image, &bytes).unwrap();
        let sums = signer.sign_file(&image).unwrap();
        assert!(fs::read(&image).unwrap() == bytes, "{name}");
        assert_eq!(sums.sha256_unsigned, hex::encode(Sha256::digest(&bytes)));
        assert_eq!(sums.sha256, sums.sha256_unsigned);
        assert!(dir.path().join(format!("{name}.sig")).exists());
    }
}

#[test]
fn a_certificate_that_is_of_no_use_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = fixture("fwtool/key.ucert");
    let refused = |bytes: &[u8], now| {
        let opened = Signer::open(&prefix(dir.path(), Some(bytes)), now);
        opened.unwrap_err().to_string()
    };
    assert!(refused(&certificate, THEN + (1 << 30)).contains("expired"));
    assert!(refused(&fixture("fwtool/image.ucert"), THEN).contains("signs a file already"));
    assert!(refused(&certificate[..100], THEN).contains("cut off"));
    assert!(refused(&certificate.repeat(3), THEN).contains("no room"));
    let other = dir.path().join("other");
    create(&other, None).unwrap();
    fs::write(dir.path().join("other.ucert"), &certificate).unwrap();
    let error = Signer::open(&other, THEN).unwrap_err();
    assert!(matches!(error, KeyFileError::Certificate { .. }), "{error}");
    assert!(error.to_string().contains("another key"), "{error}");
}

proptest! {
    #[test]
    fn whatever_is_signed_is_good_and_whole(seed: [u8; 32], image: Vec<u8>, has_metadata: bool) {
        let image = if has_metadata { fixture("fwtool/image-meta.bin") } else { image };
        let key = SecretKey::new(&seed, [3; 8]);
        let public: PublicKey = key.public_text("").parse().unwrap();
        let seal = Signer::new(key).seal(&image);
        let sealed = [&image[..seal.signed_bytes], &seal.trailer].concat();
        prop_assert_eq!(seal.signed_bytes, image.len());
        prop_assert_eq!(appended(&public, &sealed, 0).is_ok(), has_metadata);
    }
}
