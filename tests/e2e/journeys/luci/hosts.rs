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
    a_guest_may_look_only(&stage, &browser).await?;
    the_notice_asks_before_it_asks_a_server(&stage, &browser).await?;
    an_element_of_any_page(&stage, &browser).await?;
    an_ended_session_is_luci_s_to_tell(&stage, &browser).await?;
    a_trap_ends_in_words(&stage, &browser).await?;
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
    let guest = Router::login_as(stage.router_url()?, "guest", PASSWORD).await?;
    let call = |method, args| guest.call::<Value>("attendedsysupgrade", method, args);
    for (method, args) in [
        ("verify", json!({"sha256": "0".repeat(64)})),
        ("start", json!({"keep": true, "force": true})),
    ] {
        let refused = call(method, args).await.unwrap_err().to_string();
        assert!(refused.contains("-32002"), "{method}: {refused}");
    }
    Ok(())
}

async fn the_notice_asks_before_it_asks_a_server(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let server = stage.server_url()?;
    let page = Page::at(browser, &address(stage, NOTICE, "owner")?, None).await?;
    page.shows("Look for new releases", SOON).await?;
    let asked = format!("return performance.getEntriesByType('resource').some(entry => entry.name.startsWith('{server}'))");
    assert!(!browser.ask::<bool>(&asked).await?, "a server was asked before anybody agreed");

    page.press("Yes").await?;
    page.shows(&format!("OpenWrt {NEW_RELEASE} is available"), SOON).await?;
    let config = || std::fs::read_to_string(stage.router_root().join("etc/config/attendedsysupgrade"));
    assert!(config()?.contains("login_check_for_upgrades '1'"), "{}", config()?);

    page.press("Stop showing").await?;
    page.shows_not("is available", SOON).await?;
    assert!(config()?.contains("login_check_for_upgrades '0'"), "{}", config()?);

    // A login that may not answer is not asked.
    std::fs::write(
        stage.router_root().join("etc/config/attendedsysupgrade"),
        format!("config server 'server'\n\toption url '{server}'\n\nconfig client 'client'\n"),
    )?;
    let page = Page::at(browser, &address(stage, NOTICE, "guest")?, None).await?;
    page.shows_not("Loading view", SOON).await?;
    assert!(!page.text().await?.contains("Look for new releases"));
    Ok(())
}

async fn an_element_of_any_page(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let router = stage.router_url()?;
    let session = Router::login(router, PASSWORD).await?;
    let page = format!(
        "<!doctype html><title>Any page</title><script type=module src=/luci-static/resources/attendedsysupgrade/element.js></script><attended-sysupgrade session={}></attended-sysupgrade>",
        session.session()
    );
    std::fs::write(stage.router_root().join("www/any.html"), page)?;
    browser.open(&format!("{router}/any.html")).await?;
    let inside = "const root = document.querySelector('attended-sysupgrade').shadowRoot; return root?.querySelector('[data-state=overview] h1')?.textContent ?? ''";
    browser.becomes(inside, "TP-Link Archer C7 v5", SOON).await?;
    let left = "const it = document.querySelector('attended-sysupgrade'); it.remove(); return it.shadowRoot.querySelector('#asu') === null";
    assert!(browser.ask::<bool>(left).await?, "the view stays when its element goes");
    Ok(())
}

/// In place of the module: what a host has to cope with cannot be had from one that works.
fn replace_module(stage: &Stage, code: &str) -> anyhow::Result<()> {
    let file = "www/luci-static/resources/attendedsysupgrade/asu.js";
    Ok(std::fs::write(stage.router_root().join(file), code)?)
}

async fn an_ended_session_is_luci_s_to_tell(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let code = "export async function mount(place, { session, ubus, expired }) {
        const params = [ session, 'session', 'destroy', {} ];
        await fetch(ubus, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call', params }) });
        expired();
    }";
    replace_module(stage, code)?;
    browser.forget_cache().await?;
    browser.open(&address(stage, OVERVIEW, "root")?).await?;
    browser.becomes("return document.body.dataset.expired ?? ''", "true", SOON).await
}

async fn a_trap_ends_in_words(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    // A module with one function, which is `unreachable`.
    let code = "const bytes = [ 0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11 ];
    export async function mount(place) {
        place.textContent = 'All is well';
        const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
        setTimeout(() => instance.exports.f(), 100);
    }";
    replace_module(stage, code)?;
    browser.forget_cache().await?;
    let page = Page::at(browser, &address(stage, OVERVIEW, "root")?, None).await?;
    page.shows("has stopped because of a mistake in its program", SOON).await?;
    page.shows_not("All is well", SOON).await
}

async fn a_missing_file_ends_in_words(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let folder = "www/luci-static/resources/attendedsysupgrade";
    std::fs::remove_file(stage.router_root().join(folder).join("asu.js"))?;
    browser.forget_cache().await?;
    let page = Page::at(browser, &address(stage, OVERVIEW, "root")?, None).await?;
    page.shows("install the package luci-app-attendedsysupgrade again", SOON).await?;
    page.shows_not("Loading", SOON).await
}
