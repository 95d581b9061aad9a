//! Requests are checked and brought into their one form.

use asu_catalog::{Catalog, CatalogError};
use asu_protocol::build::BuildRequest;

use crate::upstream::Upstream;

fn request(version: &str, target: &str, profile: &str) -> BuildRequest {
    let text = format!(r#"{{"version":"{version}","target":"{target}","profile":"{profile}"}}"#);
    serde_json::from_str(&text).unwrap()
}

async fn refusal(catalog: &Catalog, version: &str, target: &str, profile: &str) -> String {
    catalog
        .canonical(request(version, target, profile))
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn refusals_have_the_texts_and_the_order_of_api_v1() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;

    let mut foreign = request("1.2.3", "a/b", "x");
    foreign.distro = "birchwrt".to_owned();
    let error = catalog.canonical(foreign).await.unwrap_err();
    assert_eq!(error.to_string(), "Unsupported distro: birchwrt");
    assert_eq!(
        refusal(&catalog, "1.2.3", "a/b", "x").await,
        "Unsupported branch: 1.2.3"
    );
    assert_eq!(
        refusal(&catalog, "24.10.77", "a/b", "x").await,
        "Unsupported version: 24.10.77"
    );
    assert_eq!(
        refusal(&catalog, "24.10-SNAPSHOT", "a/b", "x").await,
        "Unsupported version: 24.10-SNAPSHOT"
    );
    assert_eq!(
        refusal(&catalog, "24.10.10", "ath79/nand", "x").await,
        "Unsupported target: ath79/nand. The requested target was either dropped, is still being built or \
         is not supported by the selected version. Please check the forums or try again later."
    );
    assert_eq!(
        refusal(&catalog, "24.10.10", "ath79/generic", "no,such").await,
        "Unsupported profile: no_such. The requested profile was either dropped or never existed. \
         Please check the forums for more information."
    );
}

#[tokio::test]
async fn a_target_that_is_listed_but_not_published_is_unsupported() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    upstream.put(
        "releases/24.10.9/.targets.json",
        r#"{"ath79/generic":"mips_24kc"}"#,
    );
    let catalog = upstream.catalog(cache.path()).await;
    let error = catalog
        .canonical(request("24.10.9", "ath79/generic", "x"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        CatalogError::UnsupportedTarget("ath79/generic".to_owned())
    );
}

#[tokio::test]
async fn every_name_of_a_device_leads_to_its_profile() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    for name in ["tplink_archer-c7-v5", "tplink,archer-c7-v5", "archer-c7-v5"] {
        let canonical = catalog
            .canonical(request("24.10.10", "ath79/generic", name))
            .await
            .unwrap();
        assert_eq!(canonical.profile.as_str(), "tplink_archer-c7-v5");
    }
    let canonical = catalog
        .canonical(request("24.10.10", "x86/64", "pcengines-apu2"))
        .await
        .unwrap();
    assert_eq!(canonical.profile.as_str(), "generic");
}

#[tokio::test]
async fn equal_requests_get_one_form() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog(cache.path()).await;
    let with = |packages: &str| {
        let text = format!(
            r#"{{"version":"24.10.10","target":"ath79/generic","profile":"archer-c7-v5",{packages}}}"#
        );
        catalog.canonical(serde_json::from_str(&text).unwrap())
    };
    let one = with(r#""packages":["luci","-ppp","htop","luci","ppp"],"defaults":"""#)
        .await
        .unwrap();
    let two = with(r#""packages":["htop","luci","-ppp"],"repositories_mode":"append""#)
        .await
        .unwrap();
    assert_eq!(one, two);
    let names: Vec<&str> = one.packages.iter().map(AsRef::as_ref).collect();
    assert_eq!(names, ["-ppp", "htop", "luci"]);

    let versioned = r#""packages":["vim"],"packages_versions":{"luci":"26.1","auc":"1"}"#;
    let versioned = with(versioned).await.unwrap();
    let names: Vec<&str> = versioned.packages.iter().map(AsRef::as_ref).collect();
    assert_eq!(names, ["auc", "luci"]);
}

const MESH: &str = "
name: openwrt
mirror: https://mirror.example
branches: [{ name: '24.10', package_manager: opkg, path: 'releases/{version}' }]
network_profiles:
  - { name: quintana/node, packages: [batctl], files: { etc/config/mesh: 'config mesh' } }
";

#[tokio::test]
async fn files_are_those_of_a_network_profile_or_refused() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream.catalog_with(cache.path(), MESH).await;
    let with = |path: &str, text: &str| {
        let mut request = request("24.10.10", "ath79/generic", "archer-c7-v5");
        let path = path.parse().unwrap();
        request.files.insert(path, text.to_owned());
        catalog.canonical(request)
    };
    let known = with("etc/config/mesh", "config mesh").await.unwrap();
    assert_eq!(known.files.len(), 1);
    for (path, text) in [
        ("etc/config/mesh", "config other"),
        ("etc/shadow", "root::"),
    ] {
        let error = with(path, text).await.unwrap_err();
        assert_eq!(error, CatalogError::ForeignFile(path.to_owned()));
        assert_eq!(error.cause(), "file-not-allowed");
    }
}

#[tokio::test]
async fn a_snapshot_is_asked_for_by_the_revision_upstream_offers_now() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let profiles = |revision: &str| {
        let profiles = include_str!("x86-profiles.json");
        let mut profiles: serde_json::Value = serde_json::from_str(profiles).unwrap();
        profiles["version_code"] = revision.into();
        let path = "snapshots/targets/x86/64/profiles.json";
        upstream.put(path, profiles.to_string());
    };
    upstream.put("snapshots/.targets.json", r#"{"x86/64":"x86_64"}"#);
    profiles("r30000-aaaaaaaaaa");
    let catalog = upstream.catalog(cache.path()).await;
    let asked = |revision: &str| {
        let mut request = request("SNAPSHOT", "x86/64", "generic");
        request.version_code = revision.to_owned();
        let canonical = catalog.canonical(request);
        async { canonical.await.unwrap().version_code }
    };
    assert_eq!(asked("").await, "r30000-aaaaaaaaaa");

    profiles("r30001-bbbbbbbbbb");
    upstream.pass(61);
    assert_eq!(
        asked("").await,
        "r30001-bbbbbbbbbb",
        "the first one is told"
    );
    assert_eq!(asked("r30000-aaaaaaaaaa").await, "r30000-aaaaaaaaaa");

    let release = catalog.canonical(request("24.10.10", "x86/64", "generic"));
    assert_eq!(release.await.unwrap().version_code, "");

    upstream.turn(crate::upstream::Mode::Broken);
    upstream.pass(61);
    assert_eq!(asked("").await, "r30001-bbbbbbbbbb", "it is the last known");
}
