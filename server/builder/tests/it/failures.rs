//! Builds that fail, and whose fault it is.

use asu_builder::{BUILD_LOG, BuildError, Builder, BuilderConfig};

use crate::mirror::Mirror;

async fn refused(more: &str) -> (String, String, Vec<String>) {
    let mirror = Mirror::start("zst").await;
    let error = mirror.failure(&mirror.builder(), more).await;
    assert!(matches!(error, BuildError::Request(_)), "{error:?}");
    let left = mirror.out().read_dir().into_iter().flatten().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| name == BUILD_LOG), "{left:?}");
    let failure = error.failure().clone();
    let packages = failure
        .packages
        .into_iter()
        .map(|problem| problem.name)
        .collect();
    (failure.cause, failure.detail, packages)
}

#[tokio::test]
async fn an_unknown_package_is_named() {
    let (cause, detail, packages) = refused(r#","packages":["luci","no-such"]"#).await;
    assert_eq!(cause, "package-selection");
    assert_eq!(
        detail,
        "Error: Impossible package selection: missing (no-such)"
    );
    assert_eq!(packages, ["no-such"]);
}

#[tokio::test]
async fn versions_must_match_the_manifest() {
    let versions = r#","packages":["luci"],"packages_versions":{"luci":"2.0-1"}"#;
    let (cause, detail, packages) = refused(versions).await;
    assert_eq!(cause, "package-version");
    let reason = "luci version not as requested: 2.0-1 vs. 1.0-1";
    assert_eq!(
        detail,
        format!("Error: Impossible package selection: {reason}")
    );
    assert_eq!(packages, ["luci"]);
}

#[tokio::test]
async fn another_revision_is_refused() {
    let (cause, detail, _) = refused(r#","version_code":"r1-abc""#).await;
    assert_eq!(cause, "version-code");
    assert_eq!(
        detail,
        "Error: Received incorrect version r28739-d9340319c6 (requested r1-abc)"
    );
}

#[tokio::test]
async fn an_image_that_does_not_fit_is_refused() {
    let (cause, detail, _) = refused(r#","packages":["huge"]"#).await;
    assert_eq!(
        (cause.as_str(), detail.as_str()),
        (
            "image-too-big",
            "Error: Selected packages exceed device storage"
        )
    );
}

#[tokio::test]
async fn a_profile_the_imagebuilder_does_not_know() {
    let mirror = Mirror::start("zst").await;
    let mut request = crate::mirror::request("");
    request.profile = "no-such-device".parse().unwrap();
    let built = mirror
        .builder()
        .build(&request, &crate::mirror::profiles(), &|_| (), &mirror.out())
        .await;
    let error = built.unwrap_err();
    assert_eq!(error.failure().cause, "unsupported-profile");
    assert!(
        error
            .to_string()
            .contains("\"no-such-device\" does not exist!"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failed_download_is_not_the_requests_fault() {
    let mirror = Mirror::start("zst").await;
    let error = mirror
        .failure(&mirror.builder(), r#","packages":["cut-off"]"#)
        .await;
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert_eq!(error.failure().cause, "upstream");
    assert!(error.failure().stderr.contains("wget returned 4"));
}

#[tokio::test]
async fn a_release_without_imagebuilder_may_get_one_later() {
    let mirror = Mirror::start("zst").await;
    mirror.remove("sha256sums");
    let error = mirror.failure(&mirror.builder(), "").await;
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("Error: Image not found: "), "{text}");
    assert!(text.ends_with("If this version was just released, please try again in a few hours as it may take some time to become fully available."));
}

#[tokio::test]
async fn a_mirror_that_is_down_is_named() {
    let mirror = Mirror::start("zst").await;
    let upstream = "http://127.0.0.1:1".to_owned();
    let builder = Builder::new(BuilderConfig {
        upstream,
        ..mirror.config()
    })
    .unwrap();
    let error = mirror.failure(&builder, "").await;
    assert_eq!(error.failure().cause, "upstream");
    assert!(
        error
            .to_string()
            .contains("http://127.0.0.1:1/releases/24.10.2")
            && error.to_string().contains("refused")
    );
}

#[tokio::test]
async fn a_folder_make_cannot_cope_with_is_refused_at_once() {
    let mirror = Mirror::start("zst").await;
    let dir = mirror.folder.path().join("two words");
    let error = Builder::new(BuilderConfig {
        dir,
        ..mirror.config()
    })
    .unwrap_err();
    assert!(error.to_string().contains("two words"), "{error}");
    assert!(error.failure().hint.contains("letters"), "{error:?}");
}
