//! In every state somebody reloads the page, and somebody cancels: the page is always somewhere
//! from where it goes on.

use std::time::Duration;

use asu_test_e2e::front::Fault;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::flashes;
use asu_test_e2e::stage::PASSWORD;
use serde_json::json;

use crate::scene::{BUILT, SOON, Scene};

const BUILD: &str = "POST /api/v1/build";
const STATUS: &str = "GET /api/v1/build/";

#[tokio::test]
async fn every_state_can_be_cancelled_and_survives_a_reload() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let mut page = scene.open().await?;
    before_the_plan(&scene, &mut page).await?;
    while_it_is_built(&scene, &mut page).await?;
    on_its_way(&scene, &mut page).await?;
    while_it_restarts(&scene, &mut page).await?;
    scene.end().await
}

async fn before_the_plan(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    scene.shows(page, "login").await?;
    scene
        .router
        .fail_call("attendedsysupgrade info", Fault::Silence);
    page.fill("asu-password", PASSWORD).await?;
    page.click("login").await?;
    scene.shows(page, "identifying").await?;
    reload(scene, page, "identifying").await?;
    cancel(page, "login").await?;
    scene.heal();
    page.login(PASSWORD).await?;
    scene.shows(page, "overview").await?;
    reload(scene, page, "overview").await?;
    for (place, state) in [
        ("GET /json/v1/overview.json", "searching"),
        ("POST /api/v1/plan", "planning"),
    ] {
        scene.server.fail(place, Fault::Silence);
        page.click("search").await?;
        scene.shows(page, state).await?;
        cancel(page, "overview").await?;
        page.click("search").await?;
        page.reach(state, SOON).await?;
        reload(scene, page, "overview").await?;
        scene.heal();
    }
    page.search().await?;
    scene.shows(page, "plan").await?;
    reload(scene, page, "overview").await?;
    page.search().await
}

async fn while_it_is_built(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    scene.server.fail(BUILD, Fault::Silence);
    page.click("request").await?;
    scene.shows(page, "requesting").await?;
    cancel(page, "plan").await?;
    page.click("request").await?;
    page.reach("requesting", SOON).await?;
    reload(scene, page, "requesting").await?;
    cancel(page, "overview").await?;
    scene.heal();
    page.search().await?;
    for (state, detail, stage) in [
        ("queued", "queued", "queued"),
        ("building", "started", "building_image"),
    ] {
        let answer = json!({"status": 202, "detail": detail, "imagebuilder_status": stage,
            "request_hash": "0".repeat(64)});
        let fault = Fault::Answer(202, answer.to_string());
        scene.server.fail(BUILD, fault.clone());
        scene.server.fail(STATUS, fault);
        left_and_reloaded(scene, page, state).await?;
    }
    Ok(())
}

async fn on_its_way(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    page.prepare().await?;
    cancel(page, "plan").await?;
    scene.server.fail("GET /store/", Fault::Stall(100_000));
    left_and_reloaded(scene, page, "downloading").await?;
    scene
        .router
        .fail("POST /cgi-bin/cgi-upload", Fault::Silence);
    left_and_reloaded(scene, page, "uploading").await?;
    for (call, state) in [
        ("attendedsysupgrade verify", "verifying"),
        ("attendedsysupgrade test", "testing"),
    ] {
        scene.router.fail_call(call, Fault::Silence);
        left_and_reloaded(scene, page, state).await?;
    }
    left_and_reloaded(scene, page, "confirm").await
}

/// From the plan to a state; it is cancelled, reached again, survives a reload, and is cancelled
/// once more.
async fn left_and_reloaded(scene: &Scene, page: &mut Page<'_>, state: &str) -> anyhow::Result<()> {
    page.click("request").await?;
    scene.shows(page, state).await?;
    cancel(page, "plan").await?;
    page.click("request").await?;
    page.reach(state, SOON).await?;
    reload(scene, page, state).await?;
    cancel(page, "overview").await?;
    scene.heal();
    page.search().await
}

/// A reload while the router is told to begin waits for it, as nobody knows whether it heard; one
/// after that finds the new release.
async fn while_it_restarts(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    page.prepare().await?;
    scene
        .router
        .fail_call("attendedsysupgrade start", Fault::Silence);
    page.click("flash").await?;
    scene.shows(page, "flashing").await?;
    reload(scene, page, "rebooting").await?;
    cancel(page, "login").await?;
    scene.heal();
    page.login(PASSWORD).await?;
    page.search().await?;
    page.prepare().await?;
    scene
        .router
        .fail_call("attendedsysupgrade info", Fault::Silence);
    page.click("flash").await?;
    scene.shows(page, "rebooting").await?;
    cancel(page, "login").await?;
    scene.heal();
    // Until then the old system lets people in.
    while flashes(&scene.stage.journal())?.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    page.log_in_when_back(PASSWORD).await?;

    page.click("search").await?;
    scene.shows(page, "current").await?;
    page.prepare().await?;
    scene
        .router
        .fail_call("attendedsysupgrade info", Fault::Down);
    page.click("flash").await?;
    page.reach("rebooting", SOON).await?;
    reload(scene, page, "rebooting").await?;
    scene.heal();
    page.reach("login", BUILT).await?;
    page.fill("asu-password", PASSWORD).await?;
    page.click("login").await?;
    page.reach("done", BUILT).await
}

async fn reload(scene: &Scene, page: &mut Page<'_>, then: &str) -> anyhow::Result<()> {
    scene.browser.driver.refresh().await?;
    page.reach(then, SOON).await
}

async fn cancel(page: &mut Page<'_>, then: &str) -> anyhow::Result<()> {
    page.click("cancel").await?;
    page.reach(then, SOON).await
}
