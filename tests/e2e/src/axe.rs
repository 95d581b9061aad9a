//! axe-core: the rules of accessibility, applied to what the browser shows.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Deserialize;
use thirtyfour::WebDriver;

/// Where `cargo xtask setup` puts it.
const FILE: &str = "npm/node_modules/axe-core/axe.min.js";

/// A rule that a page breaks.
#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Place {
    html: String,
    #[serde(rename = "failureSummary")]
    summary: Option<String>,
}

/// Fails if the page breaks a rule of WCAG 2.2 (A, AA) or of good practice. `what` names the page.
pub async fn check(driver: &WebDriver, what: &str) -> anyhow::Result<()> {
    let known = driver
        .execute("return typeof axe === 'object'", vec![])
        .await?;
    if !known.convert::<bool>()? {
        driver.execute(&script()?, vec![]).await?;
    }
    let run = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations), error => done([{id: 'axe', help: String(error), nodes: []}]));";
    let found: Vec<Violation> = driver.execute_async(run, vec![]).await?.convert()?;
    if !found.is_empty() {
        bail!("{what} breaks rules of accessibility:\n{}", tell(&found));
    }
    Ok(())
}

fn script() -> anyhow::Result<String> {
    let program = std::env::current_exe()?;
    let places = program.ancestors().map(|folder| folder.join(FILE));
    let file: Option<PathBuf> = places.into_iter().find(|file| file.exists());
    let file = file.context("axe-core is not there; `cargo xtask setup` brings it")?;
    Ok(std::fs::read_to_string(file)?)
}

fn tell(found: &[Violation]) -> String {
    let lines = found.iter().flat_map(|rule| {
        let places = rule.nodes.iter().map(|place| {
            format!(
                "  {}\n    {}",
                place.html,
                place.summary.clone().unwrap_or_default()
            )
        });
        std::iter::once(format!("{}: {}", rule.id, rule.help)).chain(places)
    });
    lines.collect::<Vec<_>>().join("\n")
}
