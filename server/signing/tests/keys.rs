//! Keys against the files of the genuine usign, and against OpenBSD's signify.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use asu_signing::{InvalidSecretKey, KeyFileError, PublicKey, SecretKey, create, read_secret};
use proptest::prelude::*;
use support::{fixture, fixture_key, text};

/// OpenBSD's signify, from which usign has its format; `cargo xtask setup` installs it.
fn signify(folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new("signify-openbsd");
    let command = command.current_dir(folder).args(arguments.split(' '));
    command.output().unwrap().status.success()
}

#[test]
fn signatures_are_those_of_the_genuine_tool() {
    let key = fixture_key();
    assert_eq!(key.public_text("birchwrt build key"), text("usign/key.pub"));
    for message in [
        "message.txt",
        "onebyte.bin",
        "block.bin",
        "pad110.txt",
        "pad111.txt",
    ] {
        let signature = key.sign(&fixture(&format!("usign/{message}")));
        assert_eq!(
            signature,
            text(&format!("usign/{message}.sig")),
            "{message}"
        );
    }
}

#[test]
fn signify_signs_with_our_keys_and_verifies_our_signatures() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let key = create(&at("mine"), None).unwrap();
    fs::write(at("message"), b"an image").unwrap();
    fs::write(at("message.sig"), key.sign(b"an image")).unwrap();
    fs::write(at("other"), b"an Image").unwrap();
    let signify = |arguments| signify(dir.path(), arguments);
    assert!(signify("-V -q -p mine.pub -x message.sig -m message"));
    assert!(!signify("-V -q -p mine.pub -x message.sig -m other"));
    assert!(signify("-S -s mine.sec -x theirs.sig -m message"));
    let theirs = fs::read_to_string(at("theirs.sig")).unwrap();
    let public: PublicKey = fs::read_to_string(at("mine.pub")).unwrap().parse().unwrap();
    assert!(public.verify(b"an image", &theirs.parse().unwrap()));
}

#[test]
fn a_pair_of_keys_is_made_once_and_read_by_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("mine");
    let made = create(&prefix, Some("a comment")).unwrap();
    let secret = dir.path().join("mine.sec");
    assert_eq!(
        fs::metadata(&secret).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let read = read_secret(&prefix).unwrap();
    assert_eq!(read.fingerprint(), made.fingerprint());
    assert_eq!(read.sign(b"x"), made.sign(b"x"));
    let public = fs::read_to_string(dir.path().join("mine.pub")).unwrap();
    assert!(
        public.starts_with("untrusted comment: a comment\n"),
        "{public}"
    );
    let number = public.parse::<PublicKey>().unwrap().number().to_string();
    assert_eq!(number, made.fingerprint());

    let again = create(&prefix, None).unwrap_err();
    assert!(matches!(again, KeyFileError::Exists(_)), "{again}");
    fs::remove_file(dir.path().join("mine.pub")).unwrap();
    let again = create(&prefix, None).unwrap_err();
    assert!(matches!(again, KeyFileError::Exists(_)), "{again}");
    assert!(!dir.path().join("mine.pub").exists());
    assert_eq!(
        read_secret(&prefix).unwrap().fingerprint(),
        made.fingerprint()
    );

    for mode in [0o640, 0o604, 0o660, 0o610] {
        fs::set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        let refused = read_secret(&prefix).unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

#[test]
fn two_keys_are_never_the_same_and_comments_stay_on_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| create(&dir.path().join(name), None).unwrap());
    assert_ne!(one.fingerprint(), two.fingerprint());
    assert_ne!(one.public_text(""), two.public_text(""));
    let refused = create(&dir.path().join("three"), Some("a\nb")).unwrap_err();
    assert!(matches!(refused, KeyFileError::Comment));
}

#[test]
fn what_is_shown_of_a_key_is_its_number() {
    let key = fixture_key();
    assert_eq!(format!("{key:?}"), "SecretKey(c0d0fc58a25552e9, …)");
}

#[test]
fn keys_that_cannot_be_used_are_told_apart() {
    let good = fixture_key().secret_text("c", [7; 16]);
    assert!(good.parse::<SecretKey>().is_ok());
    let line = good.lines().nth(1).unwrap();
    // Six bits each: characters 6 to 9 lie in the number of rounds, the last in the public key.
    let with = |at: usize, new: &str| {
        let mut line = line.to_owned();
        line.replace_range(at..=at, new);
        format!("untrusted comment: c\n{line}\n")
            .parse::<SecretKey>()
            .unwrap_err()
    };
    assert_eq!(with(8, "B"), InvalidSecretKey::Encrypted);
    assert_eq!(
        with(
            80,
            if line.as_bytes()[80] == b'B' {
                "C"
            } else {
                "B"
            }
        ),
        InvalidSecretKey::Damaged
    );
    assert_eq!(with(0, "B"), InvalidSecretKey::Form);
    assert_eq!(
        text("usign/key.pub").parse::<SecretKey>().unwrap_err(),
        InvalidSecretKey::Form
    );
}

proptest! {
    #[test]
    fn every_key_is_read_as_it_was_written(
        seed: [u8; 32], number: [u8; 8], salt: [u8; 16], message: Vec<u8>, comment in "[ -~]{0,40}",
    ) {
        let key = SecretKey::new(&seed, number);
        let read: SecretKey = key.secret_text(&comment, salt).parse().unwrap();
        let signature = read.sign(&message);
        prop_assert_eq!(&signature, &key.sign(&message));
        let public: PublicKey = key.public_text(&comment).parse().unwrap();
        prop_assert!(public.verify(&message, &signature.parse().unwrap()));
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused(text in "(untrusted comment: .{0,9}\n)?[A-Za-z0-9+/=\n]{0,200}") {
        prop_assert!(text.parse::<SecretKey>().is_err());
    }
}
