//! Journeys through the whole product; one folder each.
//!
//! `cargo xtask test` builds all parts and runs them. `ASU_SCREENSHOTS=FOLDER` keeps pictures of
//! every stage of the first journey, in two widths.

mod demo;
mod failing_build;
mod faults;
mod from_opkg_to_apk;
mod german;
mod hostile_name;
mod keep_settings;
mod keyboard;
mod killed_server;
mod leaving;
mod luci;
mod missing_package;
mod no_settings;
mod other_device;
mod same_release;
mod same_request;
mod scene;
mod slow_router;
mod two_tabs;

use std::path::Path;

use asu_test_e2e::browser::Browser;
use asu_test_e2e::{Parts, Stage};

/// A stage of the parts that were built with these tests.
async fn stage() -> anyhow::Result<Stage> {
    Stage::start(Parts::beside(Path::new(env!("CARGO_BIN_EXE_asu-demo")))?).await
}

/// Takes a picture for `docs/screenshots`, when those are wanted.
async fn photograph(browser: &Browser, name: &str) -> anyhow::Result<()> {
    match std::env::var_os("ASU_SCREENSHOTS") {
        Some(folder) => browser.photograph(folder.as_ref(), name).await,
        None => Ok(()),
    }
}
