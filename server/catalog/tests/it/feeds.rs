//! Whole package indexes: what they hold, and whose are believed.

use asu_catalog::{CatalogError, Offered, Trust};
use asu_index::Flavour;
use asu_protocol::name::{Target, VersionName};

use crate::upstream::{Mode, Upstream};

const OPKG: &str = "releases/24.10.10/targets/ath79/generic/packages";
const APK: &str = "releases/25.12.0-rc1/targets/x86/64/packages/packages.adb";

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

/// The keys that signed the fixtures.
fn trust() -> Trust {
    Trust {
        usign: vec![text("opkg/c0d0fc58a25552e9").parse().unwrap()],
        apk: vec![text("apk/birchwrt-feed.pem").parse().unwrap()],
    }
}

async fn ask(
    upstream: &Upstream,
    trust: Trust,
    version: &str,
    target: &str,
) -> Result<Offered, CatalogError> {
    let cache = tempfile::tempdir().unwrap();
    let catalog = upstream.catalog_trusting(cache.path(), trust).await;
    let (version, target): (VersionName, Target) =
        (version.parse().unwrap(), target.parse().unwrap());
    catalog.offered(&version, &target).await
}

fn count(offered: &Offered) -> usize {
    offered.feeds.iter().map(|feed| feed.len()).sum()
}

#[tokio::test]
async fn a_signed_index_of_opkg_is_read_whole() {
    let upstream = Upstream::start().await;
    upstream.put(&format!("{OPKG}/Packages.gz"), fixture("opkg/Packages.gz"));
    upstream.put(
        &format!("{OPKG}/Packages.sig"),
        fixture("opkg/Packages.sig"),
    );
    let offered = ask(&upstream, trust(), "24.10.10", "ath79/generic")
        .await
        .unwrap();
    assert_eq!((offered.flavour, count(&offered)), (Flavour::Opkg, 31));
}

#[tokio::test]
async fn an_unsigned_index_is_refused_where_a_key_is_known() {
    let upstream = Upstream::start().await;
    upstream.put(&format!("{OPKG}/Packages"), fixture("opkg/Packages"));
    let refused = ask(&upstream, trust(), "24.10.10", "ath79/generic")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("it is not signed"),
        "{refused}"
    );
    assert!(
        ask(&upstream, Trust::default(), "24.10.10", "ath79/generic")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_changed_index_is_refused() {
    let upstream = Upstream::start().await;
    let mut changed = fixture("opkg/Packages");
    changed.extend(b"\n");
    upstream.put(&format!("{OPKG}/Packages"), changed);
    upstream.put(
        &format!("{OPKG}/Packages.sig"),
        fixture("opkg/Packages.sig"),
    );
    let refused = ask(&upstream, trust(), "24.10.10", "ath79/generic")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("none of the keys"),
        "{refused}"
    );
}

#[tokio::test]
async fn apks_signature_is_inside_its_index() {
    let upstream = Upstream::start().await;
    let verdicts = [
        ("apk/packages.adb", true),
        ("apk/packages-none.adb", true),
        ("apk/packages-unsigned.adb", false),
        ("apk/packages-otherkey.adb", false),
        ("apk/packages-corrupt.adb", false),
    ];
    for (name, good) in verdicts {
        upstream.put(APK, fixture(name));
        let offered = ask(&upstream, trust(), "25.12.0-rc1", "x86/64").await;
        assert_eq!(offered.is_ok(), good, "{name}");
    }
    upstream.put(APK, fixture("apk/packages-unsigned.adb"));
    let offered = ask(&upstream, Trust::default(), "25.12.0-rc1", "x86/64")
        .await
        .unwrap();
    assert_eq!((offered.flavour, count(&offered)), (Flavour::Apk, 36));
}

#[tokio::test]
async fn a_worse_index_never_takes_the_place_of_a_good_one() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    upstream.put(&format!("{OPKG}/Packages.gz"), fixture("opkg/Packages.gz"));
    upstream.put(
        &format!("{OPKG}/Packages.sig"),
        fixture("opkg/Packages.sig"),
    );
    let (version, target) = (
        "24.10.10".parse().unwrap(),
        "ath79/generic".parse().unwrap(),
    );
    let catalog = upstream.catalog_trusting(cache.path(), trust()).await;
    let good = catalog.offered(&version, &target).await.unwrap();
    for mode in [Mode::HalfWritten, Mode::Broken, Mode::Empty] {
        upstream.turn(mode);
        upstream.pass(3600);
        let still = catalog.offered(&version, &target).await.unwrap();
        assert_eq!(count(&still), count(&good));
    }
    let again = upstream.catalog_trusting(cache.path(), trust()).await;
    assert_eq!(
        count(&again.offered(&version, &target).await.unwrap()),
        count(&good)
    );
}

#[tokio::test]
async fn what_the_imagebuilder_brings_along_is_there_even_if_no_index_lists_it() {
    let upstream = Upstream::start().await;
    let nothing = ask(&upstream, trust(), "24.10.10", "ath79/generic").await;
    assert!(
        nothing.unwrap_err().is_a_fault(),
        "a release without any index is one that is being published"
    );
    for name in ["Packages.gz", "Packages.sig"] {
        upstream.put(&format!("{OPKG}/{name}"), fixture(&format!("opkg/{name}")));
    }
    let offered = ask(&upstream, trust(), "24.10.10", "ath79/generic")
        .await
        .unwrap();
    let names: Vec<String> = offered
        .brought_along()
        .iter()
        .map(|p| p.name.clone())
        .collect();
    assert!(
        names.contains(&"libc".to_owned()) && names.contains(&"base-files".to_owned()),
        "{names:?}"
    );
}

#[tokio::test]
async fn another_distribution_has_the_targets_of_its_parent() {
    let (upstream, cache) = (Upstream::start().await, tempfile::tempdir().unwrap());
    let catalog = upstream
        .catalog(cache.path())
        .await
        .of("LibreMesh")
        .unwrap();
    let (version, target) = ("2024.1".parse().unwrap(), "ath79/generic".parse().unwrap());
    let profiles = catalog.profiles(&version, &target).await.unwrap();
    assert_eq!(profiles.arch_packages, "mips_24kc");
    assert_eq!(catalog.releases().await.stable.as_deref(), Some("2024.1"));
    assert!(catalog.of("freifunk").is_err());
}
