//! What every screen of the page must be: readable for everybody, on every width, without motion
//! where it is not wanted, and never a dead end.

use anyhow::{Context, ensure};
use serde_json::json;

use crate::axe;
use crate::browser::Browser;

/// From a small phone to a large monitor, CSS pixels.
const WIDTHS: [u32; 5] = [320, 390, 768, 1280, 1920];

/// The schemes of colours a system may ask for.
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Looks at the screen the browser shows; `what` names it in errors.
pub async fn check(browser: &Browser, what: &str) -> anyhow::Result<()> {
    for scheme in SCHEMES {
        browser.prefer(scheme).await?;
        axe::check(&browser.driver, &format!("{what} ({scheme})")).await?;
    }
    browser.prefer("light").await?;
    widths(browser, what).await?;
    stillness(browser, what).await
}

/// Nothing sticks out at the side.
async fn widths(browser: &Browser, what: &str) -> anyhow::Result<()> {
    for width in WIDTHS {
        let fits = browser.fits(width).await?;
        ensure!(fits, "{what} is wider than a screen of {width} pixels");
    }
    browser.set_width(WIDTHS[3]).await
}

/// Whoever asks for less motion sees none.
async fn stillness(browser: &Browser, what: &str) -> anyhow::Result<()> {
    let script = "return document.getAnimations().filter(one => one.playState === 'running').map(one => one.animationName ?? one.transitionProperty)";
    let moving: Vec<String> = browser.ask(script).await?;
    ensure!(
        moving.is_empty(),
        "{what} moves although less motion is asked for: {moving:?}"
    );
    Ok(())
}

/// An error screen says what went wrong and what to do next, and nothing on it goes on for ever.
pub async fn check_error(browser: &Browser, cause: &str) -> anyhow::Result<()> {
    let script = "const page = document.getElementById('asu'); const buttons = [...page.querySelectorAll('button')].map(one => one.dataset.action); return {cause: page.dataset.cause, next: page.querySelector('.next p')?.textContent ?? '', buttons, waits: page.querySelectorAll('progress, .checklist .now').length}";
    let found: serde_json::Value = browser.ask(script).await?;
    ensure!(found["cause"] == cause, "the cause is not {cause}: {found}");
    let next = found["next"].as_str().context("no next step")?;
    ensure!(next.len() > 20, "no next step is named: {found}");
    let buttons = found["buttons"].as_array().context("no buttons")?;
    ensure!(
        buttons.contains(&json!("back")),
        "there is no way back: {found}"
    );
    ensure!(found["waits"] == 0, "something still turns: {found}");
    Ok(())
}
