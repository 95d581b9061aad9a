//! A router with a slow connection and a clock of long ago.

use std::time::Duration;

use asu_test_e2e::page::Page;
use asu_test_e2e::stage::PASSWORD;

use crate::scene::{SOON, Scene};

/// What a slow router's web server gives, bytes per second.
const SLOW: u32 = 100_000;

#[tokio::test]
async fn slow_transfers_are_waited_for() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    scene.router.set_clock("Thu, 01 Jan 1970 00:00:17 GMT")?;
    scene.browser.throttle(SLOW).await?;
    let mut page = Page::open(&scene.browser, scene.router.url(), None).await?;
    page.reach("login", SOON).await?;
    page.login(PASSWORD).await?;
    page.search().await?;
    page.click("request").await?;
    page.reach("uploading", Duration::from_mins(6)).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(page.state().await?, "uploading");
    // Seen enough of a slow upload.
    scene.browser.throttle(40 * SLOW).await?;
    page.reach("confirm", Duration::from_mins(3)).await?;
    for state in ["downloading", "uploading"] {
        assert!(
            page.seen().iter().any(|seen| seen == state),
            "{:?}",
            page.seen()
        );
    }
    // A page that was there before comes from the browser's cache or anew, but comes.
    scene.browser.driver.refresh().await?;
    page.reach("confirm", SOON).await?;
    scene.end().await
}
