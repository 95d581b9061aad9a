//! What the catalog answers while upstream is not well.

use asu_catalog::{Catalog, CatalogConfig, CatalogError, Trust};
use asu_protocol::name::VersionName;

use crate::upstream::{Mode, Upstream, eventually};

const VERSIONS: &str = ".versions.json";

#[tokio::test]
async fn documents_are_revalidated_not_downloaded_again() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    catalog.latest().await;
    assert_eq!(
        upstream.answered(VERSIONS),
        [200],
        "a fresh document is not asked for again"
    );

    upstream.pass(61);
    catalog.latest().await;
    eventually(|| upstream.answered(VERSIONS) == [200, 304]).await;
}

#[tokio::test]
async fn a_new_release_shows_up_behind_the_next_answer() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    upstream.put(
        VERSIONS,
        r#"{"stable_version":"24.10.11","versions_list":["24.10.11"]}"#,
    );
    upstream.put_release("24.10.11");
    upstream.pass(61);
    catalog.latest().await;
    eventually(|| upstream.answered(VERSIONS).len() == 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(catalog.latest().await, ["24.10.11"]);
}

#[tokio::test]
async fn a_failing_upstream_does_not_worsen_a_running_server() {
    for mode in [Mode::Broken, Mode::Silent, Mode::Empty, Mode::HalfWritten] {
        let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
        let catalog = upstream.catalog(cache.path()).await;
        let (version, target) = (
            "24.10.10".parse().unwrap(),
            "ath79/generic".parse().unwrap(),
        );
        let before = (
            catalog.overview().await,
            catalog.profiles(&version, &target).await.unwrap(),
        );
        upstream.turn(mode);
        for _ in 0..3 {
            upstream.pass(61);
            let now = (
                catalog.overview().await,
                catalog.profiles(&version, &target).await.unwrap(),
            );
            assert_eq!(now, before);
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        }
    }
}

#[tokio::test]
async fn a_starting_server_has_the_last_good_state() {
    for mode in [Mode::Broken, Mode::Silent, Mode::Empty, Mode::HalfWritten] {
        let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
        let before = upstream.catalog(cache.path()).await.overview().await;
        assert_eq!(before.branches.len(), 3);
        upstream.turn(mode);
        let restarted = upstream.catalog(cache.path()).await;
        for _ in 0..2 {
            assert_eq!(restarted.overview().await, before);
            upstream.pass(61);
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        }
    }
}

#[tokio::test]
async fn what_upstream_never_had_is_not_missed_while_it_is_down() {
    for mode in [Mode::Broken, Mode::Silent, Mode::HalfWritten] {
        let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
        let folder = "releases/24.10.10/targets/ath79/generic/packages";
        upstream.put(
            &format!("{folder}/Packages"),
            "Package: luci\nVersion: 26.1\nArchitecture: mips_24kc\n",
        );
        let (version, target) = (
            "24.10.10".parse().unwrap(),
            "ath79/generic".parse().unwrap(),
        );
        let running = upstream.catalog(cache.path()).await;
        let before = running.target_index(&version, &target).await.unwrap();
        assert_eq!(before.packages["luci"], "26.1");

        upstream.turn(mode);
        upstream.pass(61);
        assert_eq!(
            running.target_index(&version, &target).await.unwrap(),
            before
        );
        let restarted = upstream.catalog(cache.path()).await;
        assert_eq!(
            restarted.target_index(&version, &target).await.unwrap(),
            before
        );
    }
}

#[tokio::test]
async fn a_server_that_never_saw_upstream_starts_and_recovers() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    upstream.turn(Mode::Broken);
    let catalog = upstream.catalog(cache.path()).await;
    assert!(catalog.overview().await.branches.is_empty());
    let version: VersionName = "24.10.10".parse().unwrap();
    let error = catalog.arch_index(&version, "x86_64").await.unwrap_err();
    assert!(
        matches!(
            error,
            CatalogError::Upstream {
                status: Some(503),
                ..
            }
        ),
        "{error:?}"
    );

    upstream.turn(Mode::Good);
    upstream.pass(11);
    assert_eq!(catalog.overview().await.branches.len(), 3);
}

#[tokio::test]
async fn nobody_listening_is_survived() {
    let cache = tempfile::tempdir().unwrap();
    let config = CatalogConfig {
        upstream: "http://127.0.0.1:1".to_owned(),
        cache_dir: cache.path().to_owned(),
        distributions: None,
        trust: Trust::default(),
    };
    let catalog = Catalog::open(config).await.unwrap();
    assert!(catalog.latest().await.is_empty());
    let error = catalog
        .arch_index(&"24.10.10".parse().unwrap(), "x86_64")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_unknown_version_is_looked_up_once_a_minute() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let ask = async |patch: u32| {
        catalog
            .arch_index(&format!("24.10.{patch}").parse().unwrap(), "x86_64")
            .await
    };
    upstream.pass(61);
    for patch in 50..60 {
        let error = ask(patch).await.unwrap_err();
        assert_eq!(
            error,
            CatalogError::UnsupportedVersion(format!("24.10.{patch}"))
        );
    }
    assert_eq!(
        upstream.answered(VERSIONS).len(),
        2,
        "one at the start, one for ten unknown versions"
    );

    upstream.put(VERSIONS, r#"{"versions_list":["24.10.55"]}"#);
    upstream.put_release("24.10.55");
    assert!(ask(55).await.is_err(), "the answer is remembered");
    upstream.pass(61);
    assert!(ask(55).await.is_ok(), "and looked up again");
}

#[tokio::test]
async fn a_target_published_later_is_found() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let (version, target) = ("24.10.9".parse().unwrap(), "x86/64".parse().unwrap());
    for _ in 0..5 {
        let error = catalog.profiles(&version, &target).await.unwrap_err();
        assert_eq!(error, CatalogError::UnsupportedTarget("x86/64".to_owned()));
    }
    assert_eq!(upstream.answered("releases/24.10.9/.targets.json"), [404]);
    upstream.put_release("24.10.9");
    upstream.pass(61);
    assert!(catalog.profiles(&version, &target).await.is_ok());
}

#[tokio::test]
async fn simultaneous_askers_share_one_download() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let (version, target) = (
        "24.10.10".parse().unwrap(),
        "ath79/generic".parse().unwrap(),
    );
    let asked = (0..20).map(|_| catalog.profiles(&version, &target));
    for answer in futures_util::future::join_all(asked).await {
        assert!(answer.is_ok());
    }
    assert_eq!(
        upstream.answered("releases/24.10.10/targets/ath79/generic/profiles.json"),
        [200]
    );
}

#[tokio::test]
async fn an_unusable_cache_folder_is_said() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = CatalogConfig {
        upstream: "http://127.0.0.1:1".to_owned(),
        cache_dir: file.path().to_owned(),
        distributions: None,
        trust: Trust::default(),
    };
    let Err(error) = Catalog::open(config).await else {
        panic!("a file is no folder")
    };
    assert!(
        matches!(error, CatalogError::Cache { .. })
            && error.to_string().contains("Check its owner")
    );
}
