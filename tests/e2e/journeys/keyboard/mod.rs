//! Somebody upgrades a router without a mouse.

use std::time::Duration;

use anyhow::bail;
use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

use crate::scene::SOON;

/// More than any screen has to step through.
const STEPS: usize = 80;

#[tokio::test]
async fn tab_and_enter_are_enough() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    let browser = Browser::start().await?;
    let mut page = Page::open(&browser, stage.router_url()?, None).await?;
    page.reach("login", SOON).await?;
    go_to(&browser, "#asu-password").await?;
    browser.type_text(PASSWORD).await?;
    browser.press_key("Enter").await?;
    page.reach("overview", SOON).await?;
    press(&browser, "search").await?;
    page.reach("plan", SOON).await?;
    press(&browser, "request").await?;
    page.reach("confirm", Duration::from_mins(4)).await?;
    press(&browser, "flash").await?;
    page.reach("done", Duration::from_mins(2)).await?;
    assert_eq!(page.field("version").await?, NEW_RELEASE);
    browser.stop().await?;
    stage.stop().await
}

async fn press(browser: &Browser, action: &str) -> anyhow::Result<()> {
    go_to(browser, &format!("[data-action='{action}']")).await?;
    browser.press_key("Enter").await
}

/// Steps on until the focus is where it is wanted, and can be seen there.
async fn go_to(browser: &Browser, selector: &str) -> anyhow::Result<()> {
    let script = "const place = document.activeElement; const style = getComputedStyle(place); return [place.matches(arguments[0]), style.outlineStyle !== 'none' || style.boxShadow !== 'none']";
    for _ in 0..STEPS {
        browser.press_key("Tab").await?;
        let answer = browser
            .driver
            .execute(script, vec![selector.into()])
            .await?;
        match answer.convert::<[bool; 2]>()? {
            [true, true] => return Ok(()),
            [true, false] => bail!("the focus on {selector} cannot be seen"),
            _ => {}
        }
    }
    bail!("{selector} cannot be reached by the keyboard")
}
