//! Everything goes wrong on one way, one thing after the other; the person tries again each time,
//! and the router is upgraded in the end.

use std::time::Duration;

use asu_test_e2e::front::Fault;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::Router;
use asu_test_e2e::stage::{NEW_RELEASE, PASSWORD};
use serde_json::json;

use crate::scene::{SOON, Scene};

const BUILD: &str = "POST /api/v1/build";
const STATUS: &str = "GET /api/v1/build/";
const IMAGE: &str = "GET /store/";
const UPLOAD: &str = "POST /cgi-bin/cgi-upload";

#[tokio::test]
async fn every_fault_has_a_cause_and_a_way_on() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let mut page = scene.open().await?;
    page.login(PASSWORD).await?;
    searching(&scene, &mut page).await?;
    requesting(&scene, &mut page).await?;
    polling(&scene, &mut page).await?;
    downloading(&scene, &mut page).await?;
    uploading(&scene, &mut page).await?;
    sessions(&scene, &mut page).await?;
    returning(&scene, &mut page).await?;
    let router = Router::login(scene.stage.router_url()?, PASSWORD).await?;
    assert_eq!(router.info().await?.version, NEW_RELEASE);
    scene.end().await
}

async fn searching(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    for (fault, cause, picture) in [
        (Fault::Down, "server-unreachable", "server-down"),
        (Fault::WithoutCors, "server-unreachable", "without-cors"),
        (
            answer(404, "Not Found"),
            "not-a-build-server",
            "another-server",
        ),
    ] {
        scene.server.fail("GET /json/v1/overview.json", fault);
        page.click("search").await?;
        scene.fails(page, cause, picture).await?;
        page.click("back").await?;
        page.reach("overview", SOON).await?;
    }
    page.search().await
}

async fn requesting(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    for (status, detail, cause) in [
        (400, "Unsupported profile: x", "unsupported-profile"),
        (413, "The request is too large", "request-too-large"),
        (422, "Not a package", "request-refused"),
        (429, "Too many requests", "too-many-requests"),
        (500, "Error: make ended with status 2", "build-failed"),
        (503, "Restarting", "server-unavailable"),
        (529, "The queue is full", "overloaded"),
    ] {
        scene.server.fail(BUILD, answer(status, detail));
        page.click("request").await?;
        scene
            .fails(page, cause, &format!("status-{status}"))
            .await?;
        page.click("back").await?;
        page.reach("plan", SOON).await?;
    }
    Ok(())
}

/// The server dies while the request waits, and has forgotten it when it is back.
async fn polling(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    let queued = json!({
        "status": 202, "detail": "queued", "imagebuilder_status": "queued",
        "queue_position": 3, "request_hash": "0".repeat(64),
    });
    scene
        .server
        .fail(BUILD, Fault::Answer(202, queued.to_string()));
    scene.server.fail(STATUS, Fault::Down);
    page.click("request").await?;
    page.reach("queued", SOON).await?;
    page.wait_for("#asu .note.warn").await?;
    scene.browser.skip(Duration::from_secs(125)).await?;
    scene
        .fails(page, "server-unreachable", "server-down-while-polling")
        .await?;
    page.click("retry").await?;
    scene
        .fails(page, "unknown-request", "build-forgotten")
        .await
}

async fn downloading(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    scene.server.fail(IMAGE, Fault::Cut(100_000));
    page.click("retry").await?;
    scene
        .fails(page, "download-interrupted", "download-cut")
        .await?;
    scene.server.fail(IMAGE, Fault::Damage);
    page.click("retry").await?;
    scene
        .fails(page, "checksum-mismatch", "wrong-checksum")
        .await?;
    scene.server.fail(IMAGE, answer(404, "Not Found"));
    page.click("retry").await?;
    scene.fails(page, "image-gone", "image-gone").await
}

async fn uploading(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    let full = Fault::ubus(&json!({"tmp_free": 600_000}));
    scene.router.fail_call("attendedsysupgrade info", full);
    page.click("retry").await?;
    scene.fails(page, "no-space", "tmp-full").await?;
    let written =
        json!({"message": "I/O failure while writing", "failure": [28, "No space left on device"]});
    for (fault, cause, picture) in [
        (Fault::Refuse(200_000), "upload-interrupted", "upload-cut"),
        (
            Fault::Answer(200, written.to_string()),
            "upload-failed",
            "tmp-full-while-writing",
        ),
    ] {
        scene.router.fail(UPLOAD, fault);
        page.click("retry").await?;
        scene.fails(page, cause, picture).await?;
    }
    let verdict = json!({
        "valid": false, "forceable": false, "allow_backup": true,
        "tests": {"fwtool_signature": true, "fwtool_device_match": false},
        "error": "Device tplink,archer-c7-v5 not supported by this image",
    });
    scene
        .router
        .fail_call("attendedsysupgrade test", Fault::ubus(&verdict));
    page.click("retry").await?;
    scene.fails(page, "image-refused", "test-refused").await
}

/// A session that ends is renewed with the password the page still knows; after a reload it knows
/// none, asks for it, and goes on where it was.
async fn sessions(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    scene
        .router
        .fail_next_call("attendedsysupgrade test", Fault::denied());
    page.click("retry").await?;
    scene.shows(page, "confirm").await?;
    scene
        .router
        .fail_call("attendedsysupgrade verify", Fault::denied());
    scene.browser.driver.refresh().await?;
    scene.shows(page, "login").await?;
    if let Some(folder) = std::env::var_os("ASU_SCREENSHOTS") {
        let folder = std::path::Path::new(&folder).join("faults");
        scene.browser.sketch(&folder, "session-ended").await?;
    }
    scene.heal();
    page.fill("asu-password", PASSWORD).await?;
    page.click("login").await?;
    page.reach("confirm", SOON).await
}

async fn returning(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    scene
        .router
        .fail_call("attendedsysupgrade info", Fault::Down);
    scene.router.fail_call("session login", Fault::Down);
    page.click("flash").await?;
    page.reach("rebooting", SOON).await?;
    scene.browser.skip(Duration::from_secs(301)).await?;
    scene.fails(page, "no-answer", "router-away").await?;
    page.click("retry").await?;
    page.reach("done", Duration::from_mins(2)).await
}

fn answer(status: u16, detail: &str) -> Fault {
    let body = json!({"status": status, "detail": detail, "title": detail});
    Fault::Answer(status, body.to_string())
}
