//! Which ImageBuilders are run.

use asu_builder::openpgp::PublicKey;
use asu_builder::{BuildError, Builder, BuilderConfig, Trust};

use crate::mirror::{FOLDER, Mirror, keys};

fn assert_untrusted(mirror: &Mirror, error: &BuildError, reason: &str) {
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert_eq!(error.failure().cause, "untrusted");
    assert!(error.to_string().contains(reason), "{error}");
    assert_eq!(
        mirror.asked(".tar."),
        0,
        "nothing untrusted is even downloaded"
    );
}

#[tokio::test]
async fn without_a_key_nothing_is_run() {
    let mirror = Mirror::start("zst").await;
    let builder = Builder::new(BuilderConfig {
        trust: keys([]),
        ..mirror.config()
    })
    .unwrap();
    let error = mirror.failure(&builder, "").await;
    assert_untrusted(&mirror, &error, "has no key");
    assert!(error.failure().hint.contains("public key"));
}

#[tokio::test]
async fn a_foreign_or_broken_or_absent_signature_is_refused() {
    let mirror = Mirror::start("zst").await;
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/usign/");
    let foreign = std::fs::read_to_string(format!("{fixtures}other.pub"))
        .unwrap()
        .parse()
        .unwrap();
    let config = BuilderConfig {
        trust: keys([foreign]),
        ..mirror.config()
    };
    let error = mirror.failure(&Builder::new(config).unwrap(), "").await;
    assert_untrusted(&mirror, &error, "not made by a trusted key");

    let builder = mirror.builder();
    mirror.put(
        &format!("{FOLDER}/sha256sums.sig"),
        "untrusted comment: x\nnonsense\n",
    );
    assert_untrusted(
        &mirror,
        &mirror.failure(&builder, "").await,
        "is not a usign signature",
    );
    mirror.remove(".sig");
    assert_untrusted(
        &mirror,
        &mirror.failure(&builder, "").await,
        "does not have it",
    );
}

#[tokio::test]
async fn a_changed_listing_is_refused_until_it_is_whole_again() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    mirror.damage("sha256sums");
    assert_untrusted(
        &mirror,
        &mirror.failure(&builder, "").await,
        "sha256sums.sig",
    );
    mirror.damage("sha256sums");
    assert!(mirror.build(&builder, "").await.is_ok());
}

#[tokio::test]
async fn an_archive_that_is_not_the_one_listed_is_refused() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    mirror.damage(".tar.");
    let error = mirror.failure(&builder, "").await;
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert!(error.to_string().contains("checksum"), "{error}");
    let trees = mirror.dir().join("imagebuilders");
    assert!(trees.read_dir().unwrap().next().is_none());
    mirror.damage(".tar.");
    assert!(
        mirror.build(&builder, "").await.is_ok(),
        "a mirror that is whole again is used again"
    );
}

#[tokio::test]
async fn a_release_whose_archive_came_late_is_asked_for_again() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    mirror.damage(".tar.");
    mirror.failure(&builder, "").await;
    mirror.damage(".tar.");
    assert!(mirror.build(&builder, "").await.is_ok());
    assert!(mirror.build(&builder, "").await.is_ok());
    assert_eq!(
        mirror.asked("sha256sums.sig"),
        2,
        "a listing is believed once its archive is here"
    );
}

#[tokio::test]
async fn an_unsigned_mirror_is_used_only_if_declared_so() {
    let mirror = Mirror::start("xz").await;
    mirror.remove(".sig");
    let builder = Builder::new(BuilderConfig {
        trust: Trust::Unsigned,
        ..mirror.config()
    })
    .unwrap();
    assert!(mirror.build(&builder, "").await.is_ok());
    assert_eq!(mirror.asked("sha256sums.sig"), 0);
}

fn gnupg(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/openpgp/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

/// A builder that trusts a key of GnuPG, and that of the mirror if `usign` says so.
fn with_gnupg(mirror: &Mirror, key: &str, usign: bool) -> Builder {
    let trust = Trust::Keys {
        usign: usign.then(|| mirror.public_key()).into_iter().collect(),
        openpgp: PublicKey::read(&gnupg(key)).unwrap(),
    };
    let config = mirror.config();
    Builder::new(BuilderConfig { trust, ..config }).unwrap()
}

/// A mirror whose listing GnuPG has signed, of an archive that it does not have.
async fn signed_by_gnupg() -> Mirror {
    let mirror = Mirror::start("zst").await;
    for (name, file) in [
        ("sha256sums", "sha256sums"),
        ("sha256sums.asc", "release.asc"),
    ] {
        mirror.put(&format!("{FOLDER}/{name}"), gnupg(file));
    }
    mirror.remove(".tar.zst");
    mirror
}

#[tokio::test]
async fn where_there_is_no_usign_signature_one_of_gnupg_is_asked() {
    let mirror = signed_by_gnupg().await;
    let both = with_gnupg(&mirror, "prolonged.pub", true);
    let error = mirror.failure(&both, "").await;
    assert_untrusted(&mirror, &error, "sha256sums.sig");

    mirror.remove(".sig");
    let error = mirror.failure(&both, "").await;
    assert_eq!(error.failure().cause, "upstream", "it was trusted: {error}");
    let error = mirror.failure(&mirror.builder(), "").await;
    assert_eq!(error.failure().cause, "untrusted", "{error}");
}

#[tokio::test]
async fn a_key_of_gnupg_is_enough() {
    let mirror = signed_by_gnupg().await;
    let error = mirror
        .failure(&with_gnupg(&mirror, "prolonged.pub", false), "")
        .await;
    assert_eq!(error.failure().cause, "upstream", "it was trusted: {error}");
    assert_eq!(mirror.asked("sha256sums.sig"), 0);
}

#[tokio::test]
async fn a_signature_of_gnupg_is_checked() {
    let mirror = signed_by_gnupg().await;
    for (key, reason) in [
        ("other.pub", "not made by a trusted key"),
        ("subkey-revoked.pub", "revoked"),
    ] {
        let error = mirror.failure(&with_gnupg(&mirror, key, false), "").await;
        assert_untrusted(&mirror, &error, reason);
    }
    mirror.damage("sha256sums.asc");
    let error = mirror
        .failure(&with_gnupg(&mirror, "prolonged.pub", false), "")
        .await;
    assert_untrusted(&mirror, &error, "sha256sums.asc");
}
