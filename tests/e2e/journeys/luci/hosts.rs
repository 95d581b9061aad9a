//! What the hosts do beside showing the view: read-only logins, failures, the notice, the element.

use std::time::Duration;

use asu_test_e2e::browser::Browser;
use asu_test_e2e::page::Page;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};
use asu_test_e2e::{Stage, router::Router};
use serde_json::{Value, json};

use super::{OVERVIEW, address, install};

const SOON: Duration = Duration::from_secs(20);
const NOTICE: &str = "status/include/11_upgrades";

#[tokio::test]
async fn the_hosts_say_what_happens() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    stage.start_router().await?;
    install(&stage)?;
    let browser = Browser::start().await?;
    browser.distrust_cache().await?;
    a_guest_may_look_only(&stage, &browser).await?;
    the_notice_asks_before_it_asks_a_server(&stage, &browser).await?;
    an_element_of_any_page(&stage, &browser).await?;
    a_broken_module_ends_in_words(&stage, &browser).await?;
    a_missing_file_ends_in_words(&stage, &browser).await?;
    browser.stop().await?;
    stage.stop().await
}

async fn a_guest_may_look_only(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let url = address(stage, OVERVIEW, "guest")? + "&readonly";
    let mut page = Page::at(browser, &url, None).await?;
    page.reach("overview", SOON).await?;
    assert!(page.text().await?.contains("not carry them out"));
    page.search().await?;
    let offered = "return document.querySelector('[data-action=request], #asu-add') !== null";
    assert!(
        !browser.ask::<bool>(offered).await?,
        "a guest is offered a build"
    );
    let guest = Router::login_as(stage.router_url()?, "guest", PASSWORD).await?;
    let call = |method, args| guest.call::<Value>("attendedsysupgrade", method, args);
    for (method, args) in [
        ("verify", json!({"sha256": "0".repeat(64)})),
        ("start", json!({"keep": true, "force": true})),
    ] {
        let answer = call(method, args).await;
        let refused = matches!(&answer, Err(error) if error.to_string().contains("-32002"));
        assert!(refused, "{method}: {answer:?}");
    }
    Ok(())
}

async fn the_notice_asks_before_it_asks_a_server(
    stage: &Stage,
    browser: &Browser,
) -> anyhow::Result<()> {
    let server = stage.server_url()?;
    let page = Page::at(browser, &address(stage, NOTICE, "owner")?, None).await?;
    page.says("Look for new releases", true, SOON).await?;
    let asked = format!(
        "return performance.getEntriesByType('resource').some(entry => entry.name.startsWith('{server}'))"
    );
    assert!(
        !browser.ask::<bool>(&asked).await?,
        "a server was asked before anybody agreed"
    );

    page.press("Yes").await?;
    page.says(&format!("OpenWrt {NEW_RELEASE} is available"), true, SOON)
        .await?;
    let config =
        || std::fs::read_to_string(stage.router_root().join("etc/config/attendedsysupgrade"));
    assert!(
        config()?.contains("login_check_for_upgrades '1'"),
        "{}",
        config()?
    );

    page.press("Stop showing").await?;
    page.says("is available", false, SOON).await?;
    assert!(
        config()?.contains("login_check_for_upgrades '0'"),
        "{}",
        config()?
    );

    // A login that may not answer is not asked.
    std::fs::write(
        stage.router_root().join("etc/config/attendedsysupgrade"),
        format!("config server 'server'\n\toption url '{server}'\n\nconfig client 'client'\n"),
    )?;
    let page = Page::at(browser, &address(stage, NOTICE, "guest")?, None).await?;
    page.says("Loading view", false, SOON).await?;
    assert!(!page.text().await?.contains("Look for new releases"));
    Ok(())
}

async fn an_element_of_any_page(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let router = stage.router_url()?;
    let session = Router::login(router, PASSWORD).await?;
    let page = format!(
        "<!doctype html><title>Any page</title><script type=module src=/attendedsysupgrade/element.js></script><attended-sysupgrade session={}></attended-sysupgrade>",
        session.session()
    );
    std::fs::write(stage.router_root().join("www/any.html"), page)?;
    browser.open(&format!("{router}/any.html")).await?;
    let inside = "const root = document.querySelector('attended-sysupgrade').shadowRoot; return root?.querySelector('[data-state=overview] h1')?.textContent ?? ''";
    browser
        .becomes(inside, "TP-Link Archer C7 v5", SOON)
        .await?;
    let left = "const it = document.querySelector('attended-sysupgrade'); it.remove(); return it.shadowRoot.querySelector('#asu') === null";
    assert!(
        browser.ask::<bool>(left).await?,
        "the view stays when its element goes"
    );
    Ok(())
}

async fn a_broken_module_ends_in_words(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let file = "www/luci-static/resources/attendedsysupgrade/asu.wasm.gz";
    std::fs::write(stage.router_root().join(file), "<h1>Not Found</h1>")?;
    let page = Page::at(browser, &address(stage, OVERVIEW, "root")?, None).await?;
    page.says("do not belong together", true, SOON).await?;
    page.says("Loading", false, SOON).await
}

async fn a_missing_file_ends_in_words(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let folder = "www/luci-static/resources/attendedsysupgrade";
    std::fs::remove_file(stage.router_root().join(folder).join("asu.js"))?;
    let page = Page::at(browser, &address(stage, OVERVIEW, "root")?, None).await?;
    page.says(
        "install the package luci-app-attendedsysupgrade again",
        true,
        SOON,
    )
    .await?;
    page.says("Loading", false, SOON).await
}
