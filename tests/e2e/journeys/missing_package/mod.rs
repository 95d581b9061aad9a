//! The router has a package that the new release lacks: it is named, left out by one button, and the
//! upgrade goes through.

use std::time::Duration;

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::Router;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

/// Longest wait for an answer about packages.
const ANSWER: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_package_the_release_lacks_is_left_out_by_a_button() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    stage.install_by_hand("adguardhome", "0.107.40-1")?;
    let browser = Browser::start().await?;
    let mut page = Page::open(&browser, stage.router_url()?, None).await?;
    page.login(PASSWORD).await?;
    page.click("search").await?;
    page.reach("problems", ANSWER).await?;
    crate::photograph(&browser, "problems").await?;
    let text = page.text().await?;
    assert!(
        text.contains("adguardhome") && text.contains(NEW_RELEASE),
        "the missing package is not named:\n{text}"
    );

    page.click("remedy-0-0").await?;
    page.reach("plan", ANSWER).await?;
    assert!(page.text().await?.contains("Do without adguardhome"));
    page.click("undo-0-0").await?;
    page.reach("problems", ANSWER).await?;
    page.click("remedy-0-0").await?;
    page.reach("plan", ANSWER).await?;
    page.prepare().await?;
    page.flash(true).await?;
    browser.stop().await?;

    let router = Router::login(stage.router_url()?, PASSWORD).await?;
    assert_eq!(router.info().await?.version, NEW_RELEASE);
    let packages = router.packages(false).await?;
    assert!(!packages.contains_key("adguardhome") && packages.contains_key("owut"));
    stage.stop().await
}
