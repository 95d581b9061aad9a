//! Somebody who reads German: the page speaks it by itself, and English when asked to.

use std::time::Duration;

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::stage::{PASSWORD, Stage};
use thirtyfour::prelude::*;

const LIMIT: Duration = Duration::from_secs(20);

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
    page.reach("login", LIMIT).await?;
    says(browser, &page, "de", "Am Router anmelden").await?;
    page.login(PASSWORD).await?;
    says(browser, &page, "de", "Nach Upgrades suchen").await?;

    let english = By::Css(".language option[value='en']");
    browser.driver.find(english).await?.click().await?;
    says(browser, &page, "en", "Look for upgrades").await?;

    let again = Page::open(browser, stage.router_url()?, None).await?;
    says(browser, &again, "en", "Look for upgrades").await
}

/// Waits for the page to be in the language `lang` and to say `text`.
async fn says(browser: &Browser, page: &Page<'_>, lang: &str, text: &str) -> anyhow::Result<()> {
    let script = "return document.documentElement.lang";
    browser.becomes(script, lang, LIMIT).await?;
    page.says(text, true, LIMIT).await
}
