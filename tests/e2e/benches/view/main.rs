//! How soon the page shows something of use: `cargo xtask bench view`.
//!
//! The virtual router gives the page to a browser that knows nothing of it yet, at 1 MB/s and with a
//! processor four times slower than this one. What counts is the first picture after the view has
//! drawn itself: a form that can be typed into.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use asu_test_e2e::browser::Browser;
use asu_test_e2e::{Parts, Stage};
use serde_json::json;

/// The file that says how long it may take, milliseconds.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench-budget.json");
/// What is held against it.
const HELD: &str = "view shown";
/// Visits; the middle one counts.
const VISITS: usize = 7;
/// Bytes per second.
const SPEED: u32 = 1_000_000;
/// How much slower the processor is.
const SLOWER: u32 = 4;

/// Notes when the browser has painted the view: two frames after it is there, the first of them is on
/// the screen.
const WATCH: &str = "new MutationObserver((_, watch) => {
    if (!document.querySelector('#asu[data-state]')) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.shown = performance.now(); }));
}).observe(document, {childList: true, subtree: true});";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let json = std::env::args().any(|argument| argument == "--json");
    let mut stage = Stage::start(Parts::beside(Path::new(env!("CARGO_BIN_EXE_asu-demo")))?).await?;
    stage.start_router().await?;
    let url = format!("{}/attendedsysupgrade/", stage.router_url()?);
    let mut visits = Vec::new();
    for _ in 0..VISITS {
        visits.push(visit(&url).await?);
    }
    stage.stop().await?;
    visits.sort_by(f64::total_cmp);
    if !print(json, &visits)? {
        std::process::exit(1);
    }
    Ok(())
}

/// Milliseconds from the request for the page to the picture, in a browser of its own.
async fn visit(url: &str) -> anyhow::Result<f64> {
    let browser = Browser::start().await?;
    browser.prepare(WATCH).await?;
    browser.throttle(SPEED).await?;
    browser.slow_down(SLOWER).await?;
    browser.open(url).await?;
    for _ in 0..200 {
        let shown = browser
            .driver
            .execute("return window.shown ?? 0", vec![])
            .await?;
        let shown: f64 = shown.convert()?;
        if shown > 0.0 {
            browser.stop().await?;
            return Ok(shown);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the page shows nothing after 10 s")
}

/// Prints the times; whether the middle one is within its budget.
fn print(json: bool, visits: &[f64]) -> anyhow::Result<bool> {
    let budgets: BTreeMap<String, f64> = serde_json::from_slice(&std::fs::read(BUDGET)?)?;
    let budget = *budgets
        .get(HELD)
        .with_context(|| format!("bench-budget.json lacks {HELD:?}"))?;
    let median = visits[visits.len() / 2];
    let ok = median <= budget;
    if json {
        let held = json!({"name": HELD, "value": median, "unit": "ms", "budget": budget, "ok": ok});
        println!(
            "{}",
            json!({"rows": [{"name": "visits", "ms": visits}], "held": [held]})
        );
        return Ok(ok);
    }
    let all: Vec<String> = visits.iter().map(|visit| format!("{visit:.0}")).collect();
    println!("{:<34} {} ms", "visits", all.join(", "));
    let verdict = if ok { "ok" } else { "OVER" };
    println!("{HELD:<34} {median:>9.0} of {budget:>7} ms {verdict}");
    Ok(ok)
}
