//! The view in LuCI, and as an element of other pages.
//!
//! LuCI itself is not here: `page.html` and `luci.js` stand in for its page.

mod hosts;
mod package;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use asu_test_e2e::Stage;
use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};

/// A file or folder of `luci-wasm`.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../luci-wasm")
        .join(path)
}

/// Two logins beside root: what they may is LuCI's package's to say, and nothing else's.
const LOGINS: &str = "
config login
	option username 'owner'
	option password '$p$root'
	list read 'luci-app-attendedsysupgrade'
	list write 'luci-app-attendedsysupgrade'

config login
	option username 'guest'
	option password '$p$root'
	list read 'luci-app-attendedsysupgrade'
";

/// Puts the package's files, the module and the stand-in of LuCI onto the running router.
fn install(stage: &Stage) -> anyhow::Result<()> {
    use std::io::Write;
    let root = stage.router_root();
    copy(&stage.luci_folder().join("htdocs"), &root.join("www"))?;
    copy(&stage.luci_folder().join("root"), &root)?;
    std::fs::write(root.join("www/luci.html"), include_str!("page.html"))?;
    std::fs::write(root.join("www/luci.js"), include_str!("luci.js"))?;
    let mut logins = std::fs::OpenOptions::new()
        .append(true)
        .open(root.join("etc/config/rpcd"))?;
    Ok(logins.write_all(LOGINS.as_bytes())?)
}

/// Copies a folder's files over those of another.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

/// The address of a view for a login.
fn address(stage: &Stage, view: &str, login: &str) -> anyhow::Result<String> {
    let router = stage.router_url()?;
    Ok(format!(
        "{router}/luci.html?view={view}&password={PASSWORD}&user={login}"
    ))
}

const OVERVIEW: &str = "attendedsysupgrade/overview";

/// By a login that has only what the package grants, so the rights are complete; with a page that
/// has LuCI's policy and classes.
#[tokio::test]
async fn an_upgrade_in_luci() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    install(&stage)?;
    let browser = Browser::start().await?;
    let mut page = Page::at(&browser, &address(&stage, OVERVIEW, "owner")?, None).await?;
    page.reach("overview", Duration::from_secs(20)).await?;
    let dressed = "return document.querySelector('[data-action=search]').matches('.btn.cbi-button-positive.important')";
    assert!(
        browser.ask::<bool>(dressed).await?,
        "the button has not LuCI's classes"
    );
    page.search().await?;
    assert!(
        browser.fits(320).await?,
        "the plan is wider than a phone of 320 pixels"
    );
    for (dark, colour) in [(false, "rgb(221, 221, 221)"), (true, "rgb(68, 68, 68)")] {
        let border = format!(
            "document.documentElement.dataset.darkmode = {dark}; return getComputedStyle(document.querySelector('#asu .facts')).borderTopColor"
        );
        assert_eq!(browser.ask::<String>(&border).await?, colour);
    }
    page.prepare().await?;
    page.click("flash").await?;
    // Its session ended with the old system. LuCI logs in anew, and the view goes on where it was.
    let cause = page.fails(Duration::from_mins(1)).await?;
    assert_eq!(cause, "session-expired");
    install(&stage)?;
    let mut page = Page::at(&browser, &address(&stage, OVERVIEW, "owner")?, None).await?;
    page.reach("done", Duration::from_mins(1)).await?;
    assert_eq!(page.field("version").await?, NEW_RELEASE);
    browser.stop().await?;
    stage.stop().await
}
