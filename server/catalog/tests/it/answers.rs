//! What the catalog answers while upstream is well.

use asu_protocol::overview::PackageChange;

use crate::upstream::Upstream;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/opkg/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

#[tokio::test]
async fn a_version_that_is_listed_before_it_is_published_is_not_offered_yet() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    upstream.put(
        ".versions.json",
        r#"{"stable_version":"24.10.11","upcoming_version":"26.1.0",
            "versions_list":["24.10.10","24.10.11","25.12.0"]}"#,
    );
    let catalog = upstream.catalog(cache.path()).await;
    let overview = catalog.overview().await;
    assert_eq!(overview.branches["24.10"].versions, ["24.10.10"]);
    assert!(!overview.branches["24.10"].targets.is_empty());
    assert!(!overview.branches.contains_key("25.12"));
    assert!(overview.latest.is_empty(), "{:?}", overview.latest);

    upstream.put_release("24.10.11");
    upstream.pass(61);
    assert_eq!(catalog.latest().await, ["24.10.11"]);
}

#[tokio::test]
async fn the_overview_lists_branches_newest_version_first() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let overview = catalog.overview().await;

    assert_eq!(overview.latest, ["25.12.0-rc1", "24.10.10", "23.05.5"]);
    assert_eq!(overview.latest, catalog.latest().await);
    assert_eq!(overview.upstream_url, upstream.url.trim_end_matches('/'));
    let names: Vec<&str> = overview.branches.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["23.05", "24.10", "25.12"],
        "no 22.03 and no snapshots on this mirror"
    );
    let branch = &overview.branches["24.10"];
    assert_eq!(branch.versions, ["24.10.10", "24.10.9"]);
    assert_eq!(branch.targets["ath79/generic"], "mips_24kc");
    assert_eq!(branch.path, "releases/{version}");
    assert!(branch.enabled && !branch.snapshot);
    let renamed = PackageChange {
        source: "auc".to_owned(),
        target: Some("owut".to_owned()),
        revision: 26792,
        mandatory: false,
    };
    assert!(branch.package_changes.contains(&renamed));
    assert!(
        !overview.branches["23.05"]
            .package_changes
            .contains(&renamed)
    );
}

#[tokio::test]
async fn snapshots_are_offered_where_upstream_has_them() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    upstream.put("snapshots/.targets.json", r#"{"x86/64":"x86_64"}"#);
    upstream.put(
        "snapshots/targets/x86/64/profiles.json",
        include_str!("x86-profiles.json"),
    );
    let catalog = upstream.catalog(cache.path()).await;

    let branch = catalog
        .overview()
        .await
        .branches
        .remove("SNAPSHOT")
        .unwrap();
    assert_eq!(
        (branch.versions, branch.branch_off_rev),
        (vec!["SNAPSHOT".to_owned()], None)
    );
    let (version, target) = ("SNAPSHOT".parse().unwrap(), "x86/64".parse().unwrap());
    assert_eq!(
        catalog
            .profiles(&version, &target)
            .await
            .unwrap()
            .arch_packages,
        "x86_64"
    );
}

#[tokio::test]
async fn a_target_index_has_kernel_modules_and_no_abi_suffixes() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let folder = "releases/24.10.10/targets/ath79/generic";
    upstream.put(
        &format!("{folder}/packages/index.json"),
        fixture("index.v1.json"),
    );
    upstream.put(
        &format!("{folder}/packages/Packages.gz"),
        fixture("Packages.gz"),
    );
    upstream.put(
        &format!("{folder}/kmods/6.6.93-1-70248021204b78344d5fb62a0e7f5bea/index.json"),
        r#"{"version":2,"architecture":"mips_24kc","packages":{"kmod-wireguard":"6.6.93-r1"}}"#,
    );
    let catalog = upstream.catalog(cache.path()).await;
    let (version, target) = (
        "24.10.10".parse().unwrap(),
        "ath79/generic".parse().unwrap(),
    );
    let index = catalog.target_index(&version, &target).await.unwrap();

    assert_eq!(index.architecture, "mips_24kc");
    assert_eq!(index.packages["kmod-wireguard"], "6.6.93-r1");
    assert_eq!(index.packages["libsq3"], "3.41.2-3");
    assert!(!index.packages.contains_key("libsq3-0"));
    assert_eq!(index.packages.len(), 30);
}

#[tokio::test]
async fn a_target_without_packages_has_an_empty_index() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let (version, target) = (
        "24.10.10".parse().unwrap(),
        "ath79/generic".parse().unwrap(),
    );
    assert!(
        catalog
            .target_index(&version, &target)
            .await
            .unwrap()
            .packages
            .is_empty()
    );
}

#[tokio::test]
async fn an_arch_index_has_the_packages_of_all_feeds() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let folder = "releases/24.10.10/packages/mips_24kc";
    upstream.put(
        &format!("{folder}/feeds.conf"),
        "src-git base https://git/a\nsrc-git luci https://git/b\n",
    );
    upstream.put(
        &format!("{folder}/base/index.json"),
        fixture("index.v2.json"),
    );
    upstream.put(
        &format!("{folder}/luci/Packages"),
        "Package: luci\nVersion: 26.1\nArchitecture: all\n",
    );
    let catalog = upstream.catalog(cache.path()).await;
    let version = "24.10.10".parse().unwrap();
    let index = catalog.arch_index(&version, "mips_24kc").await.unwrap();

    assert_eq!(
        (index["luci"].as_str(), index["libkit"].as_str()),
        ("26.1", "2024-03-29-eb9bcb64-1")
    );
    assert!(
        catalog
            .arch_index(&version, "../../x")
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        upstream
            .answered("releases/24.10.10/x/feeds.conf")
            .is_empty()
    );
}
