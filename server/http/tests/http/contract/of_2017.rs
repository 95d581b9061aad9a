//! The API of 2017.

use super::*;

const CHECK: &str = "/api/upgrade-check";
const UPGRADE: &str = "/api/upgrade-request";
const BUILD: &str = "/api/build-request";

fn wish_2017() -> Value {
    json!({"distro": "LEDE", "version": "24.10.2", "target": "ath79", "subtarget": "generic",
        "board": "tplink,archer-c7-v5", "packages": ["luci"]})
}

fn wish_2017_with(field: &str, value: impl Into<Value>) -> Value {
    let mut wish = wish_2017();
    wish[field] = value.into();
    wish
}

#[tokio::test]
async fn images_of_2017() {
    let server = Server::start().await;
    let hash = hash_of(&server.post_to(UPGRADE, &wish_2017()).await);
    contract!(
        server,
        "2017-queued",
        [
            (POST, UPGRADE, wish_2017()),
            (GET, &format!("{BUILD}/{hash}")),
            (GET, &format!("/api/log/{hash}")),
        ]
    );
    end(&server, Ok("sysupgrade")).await;
    let done = server.get(&format!("{UPGRADE}/{hash}")).await.json();
    let image = done["image_hash"].as_str().unwrap();
    let image_path = format!("/api/image/{image}");
    let manifest = server.get(&image_path).await.json();
    let manifest = manifest["manifest_hash"].as_str().unwrap();
    super::super::legacy::store_image(&server, &hash).await;
    contract!(
        server,
        "2017-done",
        [
            (POST, UPGRADE, wish_2017()),
            (POST, UPGRADE, json!({"request_hash": hash})),
            (GET, &format!("/image-request/{hash}")),
            (GET, &image_path),
            (GET, &format!("/api/manifest/{manifest}")),
            (GET, &format!("/api/log/{hash}")),
            (GET, &format!("/download/{hash}/image.bin")),
            (GET, &format!("/store/{hash}/image.bin")),
            (GET, &format!("/store/{hash}/other.bin")),
            (GET, &format!("/download/{hash}/..%2fimage.bin")),
            (GET, "/api/v1/stats/popular_packages"),
            (GET, "/api/v1/stats/popular_targets"),
            (GET, "/api/v1/stats/images"),
            (GET, "/api/v1/stats/packages"),
        ]
    );
}

#[tokio::test]
async fn failures_of_2017() {
    let server = Server::start().await;
    server.post_to(UPGRADE, &wish_2017()).await;
    end(&server, Err("image-too-big")).await;
    let other = wish_2017_with("packages", json!(["vim"]));
    server.post_to(UPGRADE, &other).await;
    end(&server, Err("build-failed")).await;
    let third = wish_2017_with("packages", json!(["tmux"]));
    server.post_to(UPGRADE, &third).await;
    end(&server, Ok("factory")).await;
    contract!(
        server,
        "2017-failed",
        [
            (POST, UPGRADE, wish_2017()),
            (POST, UPGRADE, other),
            (POST, UPGRADE, third.clone()),
            (POST, BUILD, third),
        ]
    );
}

#[tokio::test]
async fn refusals_of_2017() {
    let server = Server::with(Limits {
        max_pending: 1,
        ..Limits::default()
    })
    .await;
    server.post_to(UPGRADE, &wish_2017()).await;
    contract!(
        server,
        "2017-refused",
        [
            (POST, UPGRADE, json!([])),
            (POST, UPGRADE, json!({})),
            (POST, UPGRADE, json!({"packages": 1})),
            (POST, UPGRADE, wish_2017_with("distro", "debian")),
            (POST, UPGRADE, wish_2017_with("version", "1.0")),
            (POST, UPGRADE, wish_2017_with("target", "x86")),
            (POST, UPGRADE, wish_2017_with("board", "toaster")),
            (
                POST,
                UPGRADE,
                wish_2017_with("network_profile", "nowhere/node")
            ),
            (
                POST,
                UPGRADE,
                wish_2017_with("defaults", "x".repeat(20_000))
            ),
            (POST, UPGRADE, wish_2017_with("packages", json!(["ghost"]))),
            (POST, UPGRADE, wish_2017_with("version", upstream::DOWN)),
            (POST, UPGRADE, wish_2017_with("packages", json!(["vim"]))),
            (GET, &format!("{UPGRADE}/0")),
            (GET, "/api/image/0"),
            (GET, "/api/manifest/0"),
        ]
    );
}

#[tokio::test]
async fn upgrade_checks() {
    let server = Server::start().await;
    let question = json!({"version": "23.05.5", "target": "ath79", "subtarget": "generic",
        "packages": {"auc": "0.3-1", "tmux": "3.3a-1"}});
    let first = server.post_to(CHECK, &question).await;
    let hash = hash_of(&first);
    let with = |field: &str, value: Value| {
        let mut question = question.clone();
        question[field] = value;
        question
    };
    contract!(
        server,
        "2017-check",
        [
            (POST, CHECK, question.clone()),
            (GET, &format!("/update-request/{hash}")),
            (POST, CHECK, with("version", json!("24.10.2"))),
            (POST, CHECK, with("packages", json!(["ghost"]))),
            (POST, CHECK, with("target", json!("x86"))),
            (POST, CHECK, json!({"version": "23.05.5"})),
            (POST, CHECK, json!({"version": 5})),
            (GET, &format!("{CHECK}/0")),
        ]
    );
}

#[tokio::test]
async fn lists_of_2017() {
    let server = Server::start().await;
    let place = "version=24.10.2&target=ath79&subtarget=generic";
    contract!(
        server,
        "2017-lists",
        [
            (GET, "/api/distros"),
            (GET, "/api/versions"),
            (GET, "/api/releases?distro=lede"),
            (GET, "/api/network_profiles"),
            (GET, "/supported?json=1"),
            (GET, "/api/models?version=24.10.2&model_search=archer"),
            (
                GET,
                &format!("/api/packages_image?{place}&profile=tplink,archer-c7-v5")
            ),
            (GET, "/api/versions?distro=debian"),
            (GET, "/api/models?version=24.10.2"),
            (GET, "/api/models?version=1.0&model_search=a"),
            (
                GET,
                &format!("/api/default_packages?{place}&profile=toaster")
            ),
            (GET, "/api/default_packages?version=a&version=b"),
        ]
    );
}
