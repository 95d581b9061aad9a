//! Somebody who reads German: the page speaks it by itself, and English when asked to.

use std::time::Duration;

use anyhow::Context;
use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::stage::{PASSWORD, Stage};
use thirtyfour::prelude::*;

const LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(60);

#[tokio::test]
async fn the_page_speaks_the_language_of_the_browser_or_the_chosen_one() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    let browser = Browser::start().await?;
    let outcome = read(&stage, &browser).await;
    browser.stop().await?;
    stage.stop().await?;
    outcome
}

async fn read(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    browser.prefer_languages("tlh,de-AT,en").await?;
    let mut page = Page::open(browser, stage.router_url()?, None).await?;
    says(browser, "de", "login", "Am Router anmelden").await?;
    page.login(PASSWORD).await?;
    says(browser, "de", "overview", "Nach Upgrades suchen").await?;

    let english = By::Css(".language option[value='en']");
    browser.driver.find(english).await?.click().await?;
    says(browser, "en", "overview", "Look for upgrades").await?;

    Page::open(browser, stage.router_url()?, None).await?;
    says(browser, "en", "overview", "Look for upgrades").await
}

/// Waits for the page to be in `state` and in the language `lang`, and looks for `text`.
async fn says(browser: &Browser, lang: &str, state: &str, text: &str) -> anyhow::Result<()> {
    let selector = format!("html[lang={lang}] #asu[data-state={state}]");
    let shown = browser
        .driver
        .query(By::Css(selector.as_str()))
        .wait(LIMIT, LOOK_EVERY);
    let shown = shown
        .first()
        .await
        .with_context(|| format!("no {selector}"))?;
    let shown = shown.text().await?;
    assert!(shown.contains(text), "no “{text}” in:\n{shown}");
    Ok(())
}
