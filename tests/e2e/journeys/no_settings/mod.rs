//! A person upgrades and starts afresh.

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::{Router, flashes};
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

#[tokio::test]
async fn upgrade_without_settings_starts_afresh() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    let browser = Browser::start().await?;
    let mut page = Page::open(&browser, stage.router_url()?, None).await?;
    page.login(PASSWORD).await?;
    page.search().await?;
    page.prepare().await?;
    page.flash(false).await?;
    assert_eq!(page.field("version").await?, NEW_RELEASE);
    browser.stop().await?;

    // A fresh OpenWrt has no password: any is let in.
    let after = Router::login(stage.router_url()?, "").await?;
    assert_eq!(after.info().await?.version, NEW_RELEASE);
    assert!(!stage.router_root().join("etc/config/mynetwork").exists());
    assert!(
        after.packages(false).await?.contains_key("htop"),
        "packages stay, settings go"
    );
    assert!(!flashes(&stage.journal())?[0].keep);
    stage.stop().await
}
