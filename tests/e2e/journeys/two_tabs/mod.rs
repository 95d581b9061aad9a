//! Somebody has the page open twice.

use asu_test_e2e::page::Page;
use asu_test_e2e::router::flashes;
use asu_test_e2e::screen;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

use crate::scene::{SOON, Scene};

#[tokio::test]
async fn the_second_tab_does_not_flash_what_the_first_did() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let driver = &scene.browser.driver;
    let mut first = scene.open().await?;
    ready(&mut first).await?;
    let one = driver.window().await?;
    let two = driver.new_tab().await?;
    driver.switch_to_window(two.clone()).await?;
    let mut second = scene.open().await?;
    ready(&mut second).await?;

    driver.switch_to_window(one).await?;
    first.flash(true).await?;
    assert_eq!(first.field("version").await?, NEW_RELEASE);
    driver.switch_to_window(two).await?;
    second.click("flash").await?;
    second.leave("flashing", SOON).await?;
    let cause = second.fails(SOON).await?;
    screen::check_error(&scene.browser, &cause).await?;
    assert_eq!(flashes(&scene.stage.journal())?.len(), 1);
    scene.end().await
}

async fn ready(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.login(PASSWORD).await?;
    page.search().await?;
    page.prepare().await
}
