//! With keys and signatures that GnuPG made; `tests/fixtures/openpgp/make.sh` tells how.

use super::*;

/// Some day in 2026.
const NOW: u64 = 1_790_000_000;

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/openpgp/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn keys(names: &[&str]) -> Vec<PublicKey> {
    let read = |name: &&str| PublicKey::read(&file(&format!("{name}.pub"))).unwrap();
    names.iter().flat_map(read).collect()
}

fn ask(key: &str, signature: &str) -> Result<(), String> {
    let signature = file(&format!("{signature}.asc"));
    verify(&keys(&[key]), &signature, &file("sha256sums"), NOW)
}

fn refused(key: &str, signature: &str) -> String {
    ask(key, signature).unwrap_err()
}

#[test]
fn a_signature_by_a_key_or_its_subkey_is_good() {
    for (key, signature) in [
        ("old", "old"),
        ("prolonged", "release"),
        ("prolonged", "late"),
        ("old", "both"),
        ("prolonged", "both"),
    ] {
        assert_eq!(ask(key, signature), Ok(()), "{key} {signature}");
    }
}

#[test]
fn a_key_that_expired_later_is_no_hindrance() {
    assert_eq!(ask("release", "release"), Ok(()));
    assert_eq!(refused("release", "late"), "its key had expired by then");
}

#[test]
fn keys_that_are_taken_back_are_refused() {
    assert_eq!(refused("revoked", "old"), "its key is revoked");
    for signature in ["release", "late"] {
        assert_eq!(
            refused("subkey-revoked", signature),
            "its subkey is revoked"
        );
    }
}

#[test]
fn foreign_keys_are_refused() {
    for (key, signature) in [
        ("other", "release"),
        ("old", "release"),
        ("release", "other"),
    ] {
        assert!(refused(key, signature).contains("not made by a trusted key"));
    }
    let signature = file("release.asc");
    assert!(verify(&[], &signature, &file("sha256sums"), NOW).is_err());
    let all = keys(&["other", "old", "prolonged"]);
    assert_eq!(verify(&all, &signature, &file("sha256sums"), NOW), Ok(()));
}

#[test]
fn what_a_signature_says_of_itself_counts() {
    assert_eq!(refused("prolonged", "lapsed"), "it has expired");
    assert!(refused("old", "sha1").contains("broken hash"));
    let early = verify(
        &keys(&["old"]),
        &file("old.asc"),
        &file("sha256sums"),
        1_700_000_000,
    );
    assert!(early.unwrap_err().contains("in the future"));
}

#[test]
fn a_subkey_of_another_key_is_not_adopted() {
    let (mut thief, victim) = (keys(&["other"]).remove(0), keys(&["prolonged"]).remove(0));
    thief.0.public_subkeys = victim.0.public_subkeys;
    let verdict = verify(&[thief], &file("release.asc"), &file("sha256sums"), NOW);
    assert_eq!(
        verdict.unwrap_err(),
        "its subkey does not belong to the trusted key"
    );
}

#[test]
fn a_key_that_nothing_vouches_for_is_refused() {
    let mut bare = keys(&["old"]).remove(0);
    bare.0.details.users = keys(&["other"]).remove(0).0.details.users;
    let verdict = verify(&[bare], &file("old.asc"), &file("sha256sums"), NOW);
    assert_eq!(verdict.unwrap_err(), "its key does not vouch for itself");
}

#[test]
fn damage_anywhere_is_refused() {
    let (keys, signature, data) = (
        keys(&["prolonged"]),
        file("release.asc"),
        file("sha256sums"),
    );
    for place in 0..data.len() {
        let mut damaged = data.clone();
        damaged[place] ^= 1;
        assert!(
            verify(&keys, &signature, &damaged, NOW).is_err(),
            "byte {place}"
        );
    }
    for length in 0..signature.len() / 2 {
        assert!(verify(&keys, &signature[..length], &data, NOW).is_err());
    }
}

#[test]
fn what_is_no_key_is_said_to_be_none() {
    assert!(PublicKey::read(b"").is_err());
    assert!(PublicKey::read(&file("sha256sums")).is_err());
    assert!(PublicKey::read(&file("release.asc")).is_err());
    let two = [file("old.pub"), file("other.pub")].concat();
    let error = PublicKey::read(&two).unwrap_err().to_string();
    assert!(error.contains("several armored blocks"), "{error}");
    let fingerprint = keys(&["old"])[0].fingerprint();
    assert!(fingerprint.len() == 40 && fingerprint.bytes().all(|c| c.is_ascii_hexdigit()));
}
