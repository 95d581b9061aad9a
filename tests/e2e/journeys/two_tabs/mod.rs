//! Somebody has the page open twice.

use asu_test_e2e::page::Page;
use asu_test_e2e::router::flashes;
use asu_test_e2e::screen;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

use crate::scene::{SOON, Scene};

#[tokio::test]
async fn only_one_tab_upgrades_the_router() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let driver = &scene.browser.driver;
    let mut first = scene.open().await?;
    plan(&mut first).await?;
    first.prepare().await?;
    let one = driver.window().await?;
    let two = driver.new_tab().await?;
    driver.switch_to_window(two.clone()).await?;
    let mut second = scene.open().await?;
    plan(&mut second).await?;
    second.click("request").await?;
    stopped(&scene, &mut second).await?;
    second.click("retry").await?;
    second.reach("confirm", SOON).await?;

    driver.switch_to_window(one).await?;
    first.click("flash").await?;
    stopped(&scene, &mut first).await?;
    driver.switch_to_window(two).await?;
    second.flash(true).await?;
    assert_eq!(second.field("version").await?, NEW_RELEASE);
    assert_eq!(flashes(&scene.stage.journal())?.len(), 1);
    scene.end().await
}

async fn plan(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.login(PASSWORD).await?;
    page.search().await
}

/// The other tab is at work, and this one says so.
async fn stopped(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    let cause = page.fails(SOON).await?;
    assert_eq!(cause, "other-tab");
    screen::check_error(&scene.browser, &cause).await
}
