//! The packages do not fit the flash any more: the build fails, and the person reads why and what to do.

use std::time::Duration;

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::Router;
use asu_test_e2e::stage::{OLD_RELEASE, PASSWORD};

#[tokio::test]
async fn a_failing_build_says_why_and_offers_a_way_on() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    // A compiler, as an owner with a USB stick for the overlay may have it.
    stage.install_by_hand("gcc", "12.3.0-1")?;
    let browser = Browser::start().await?;
    let mut page = Page::open(&browser, stage.router_url()?, None).await?;
    page.login(PASSWORD).await?;
    page.search().await?;
    page.click("request").await?;
    page.reach("error", Duration::from_mins(2)).await?;
    crate::photograph(&browser, "error").await?;
    let text = page.text().await?;
    assert!(
        text.contains("would not fit into the router") && text.contains("Leave packages out"),
        "neither the reason nor a remedy is named:\n{text}"
    );
    page.click("back").await?;
    page.reach("plan", Duration::from_secs(20)).await?;
    browser.stop().await?;

    let router = Router::login(stage.router_url()?, PASSWORD).await?;
    assert_eq!(
        router.info().await?.version,
        OLD_RELEASE,
        "a failed build changes nothing"
    );
    stage.stop().await
}
