//! A person upgrades from 23.05.5 to 24.10.2 and keeps the settings.

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::{Router, flashes};
use asu_test_e2e::stage::{NEW_RELEASE, OLD_RELEASE, PASSWORD};

/// Slow enough to see the transfers, fast enough to wait for; bytes per second.
const WATCHABLE: u32 = 4_000_000;

#[tokio::test]
async fn upgrade_keeps_packages_and_settings() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    let before = Router::login(stage.router_url()?, PASSWORD).await?;
    assert_eq!(before.info().await?.version, OLD_RELEASE);
    let old_packages = before.packages(false).await?;
    assert!(old_packages.contains_key("auc") && old_packages.contains_key("firewall"));

    let browser = Browser::start().await?;
    browser.throttle(WATCHABLE).await?;
    let pictures = std::env::var_os("ASU_SCREENSHOTS").map(Into::into);
    let mut page = Page::open(&browser, stage.router_url()?, pictures).await?;
    page.login(PASSWORD).await?;
    assert!(page.text().await?.contains("Archer C7"));
    page.search().await?;
    let plan = page.text().await?;
    for name in [
        "firewall4",
        "owut",
        "libustream-mbedtls",
        NEW_RELEASE,
        "Everything in the new image",
    ] {
        assert!(
            plan.contains(name),
            "the plan does not tell of {name}:\n{plan}"
        );
    }
    assert!(
        !plan.contains("made no plan"),
        "the server made none:\n{plan}"
    );
    page.fill("asu-filter", "OWUT").await?;
    let found = page.text().await?;
    assert!(
        found.contains("auc") && !found.contains("libustream-mbedtls"),
        "the list is not searched:\n{found}"
    );
    page.prepare().await?;
    let announced = page.field("sha256").await?;
    page.flash(true).await?;
    assert_eq!(page.field("version").await?, NEW_RELEASE);
    for state in ["building", "downloading", "uploading", "rebooting"] {
        assert!(
            page.seen().iter().any(|seen| seen == state),
            "{state} was not seen in {:?}",
            page.seen()
        );
    }
    browser.stop().await?;

    let after = Router::login(stage.router_url()?, PASSWORD).await?;
    assert_eq!(after.info().await?.version, NEW_RELEASE);
    let new_packages = after.packages(false).await?;
    for (old, new) in [
        ("firewall", "firewall4"),
        ("auc", "owut"),
        ("libustream-wolfssl", "libustream-mbedtls"),
    ] {
        assert!(
            !new_packages.contains_key(old) && new_packages.contains_key(new),
            "{old} -> {new}"
        );
    }
    for kept in ["luci", "tcpdump-mini", "wireguard-tools", "htop"] {
        assert!(new_packages.contains_key(kept), "{kept} was lost");
    }
    let own = std::fs::read_to_string(stage.router_root().join("etc/config/mynetwork"))?;
    assert!(own.contains("typed by the owner"));
    let flashed = flashes(&stage.journal())?;
    assert_eq!(flashed.len(), 1);
    assert_eq!(
        (flashed[0].sha256.as_str(), flashed[0].keep),
        (announced.as_str(), true)
    );
    stage.stop().await
}
