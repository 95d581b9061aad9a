//! Which ImageBuilders are run.

use asu_builder::{BuildError, Builder, BuilderConfig, Trust};

use crate::mirror::{FOLDER, Mirror};

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
        trust: Trust::Keys(vec![]),
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
        trust: Trust::Keys(vec![foreign]),
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
