//! An owner keeps the release but wants one more package: found by its name, with a backup of the
//! settings at hand, and not before a wrong signature was noticed.

use std::time::Duration;

use asu_test_e2e::front::Fault;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::Router;
use asu_test_e2e::stage::{OLD_RELEASE, PASSWORD};
use serde_json::json;

use crate::scene::{SOON, Scene};

/// A signature by a key of this number, which would be the router's.
const NUMBER: &str = "8a11255d14aef6c8";
const SIGNATURE: &str = "untrusted comment: signed by key 8a11255d14aef6c8
RWSKESVdFK72yAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
";

#[tokio::test]
async fn a_package_is_added_to_the_installed_release() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let mut page = scene.open().await?;
    page.login(PASSWORD).await?;
    page.search().await?;
    page.press("Rebuild the installed one").await?;
    page.reach("current", SOON).await?;
    add(&scene, &mut page).await?;
    forged(&scene, &mut page).await?;
    backup(&scene, &page).await?;
    page.flash(true).await?;

    let router = Router::login(scene.stage.router_url()?, PASSWORD).await?;
    assert_eq!(router.info().await?.version, OLD_RELEASE);
    let packages = router.packages(false).await?;
    for kept in ["nano", "htop", "firewall", "auc"] {
        assert!(packages.contains_key(kept), "{kept} is not there");
    }
    scene.end().await
}

/// A name with a mistake is answered with the right one; one button takes it.
async fn add(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    page.fill("asu-add", "nanno").await?;
    page.click("add").await?;
    page.says("Add nano", true, SOON).await?;
    crate::photograph(&scene.browser, "editing").await?;
    page.click("near-0-0").await?;
    page.says("Your changes", true, SOON).await?;
    crate::photograph(&scene.browser, "rebuild").await
}

/// The image is whole, but its signature is not by the key that the router has.
async fn forged(scene: &Scene, page: &mut Page<'_>) -> anyhow::Result<()> {
    let signature = Fault::Answer(200, SIGNATURE.to_owned());
    scene.server.fail_file("GET /store/", ".sig", signature);
    let key = json!({"path": format!("/etc/opkg/keys/{NUMBER}"), "type": "file"});
    scene.router.fail_call("file stat", Fault::ubus(&key));
    let verdict = json!({"valid": false, "sha256": "", "error": ""});
    let refused = Fault::ubus(&verdict);
    scene.router.fail_call("attendedsysupgrade verify", refused);
    page.click("request").await?;
    scene.fails(page, "bad-signature", "bad-signature").await?;
    page.click("retry").await?;
    page.reach("confirm", SOON).await
}

async fn backup(scene: &Scene, page: &Page<'_>) -> anyhow::Result<()> {
    page.click("backup").await?;
    page.says(
        "The backup is among the downloads",
        true,
        Duration::from_secs(20),
    )
    .await?;
    crate::photograph(&scene.browser, "backup").await
}
