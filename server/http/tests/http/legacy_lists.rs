//! What the 2017 API lists: images, releases, devices, statistics.

use super::legacy::{finished, finished_default};
use super::*;

#[tokio::test]
async fn an_image_and_its_manifest_are_described_until_they_expire() {
    let server = Server::start().await;
    let hash = finished_default(&server).await;
    let done = server
        .get(&format!("/api/build-request/{hash}"))
        .await
        .json();
    let files = done["files"].as_str().unwrap();
    let image = server.get(files).await.json();
    assert_eq!(image["target"], "ath79");
    assert_eq!(image["subtarget"], "generic");
    assert_eq!(image["version"], "24.10.2");
    assert_eq!(image["files"][0]["size"], 10);
    let manifest = format!("/api/manifest/{}", image["manifest_hash"].as_str().unwrap());
    let packages = server.get(&manifest).await;
    assert_eq!(packages.json(), json!({"tmux": "3.4-r1"}));

    server.pass(25 * 3600);
    assert_eq!(server.get(files).await.status, 404);
    assert_eq!(server.get(&manifest).await.status, 404);
    let forgotten = server.api.store.forget(&hash, server.now()).await;
    forgotten.unwrap();
    assert_eq!(server.get(files).await.status, 404);
}

#[tokio::test]
async fn a_download_is_counted_and_forwarded() {
    let server = Server::start().await;
    let hash = finished_default(&server).await;
    let path = format!("/download/{hash}/image.bin");
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 302);
    assert_eq!(
        answer.header("location"),
        format!("/store/{hash}/image.bin")
    );
    let file = server.get(answer.header("location")).await;
    assert_eq!(file.bytes, b"0123456789");
    server.ask(Method::HEAD, &path, &[]).await;
    let count = server.get("/api/v1/stats/images").await.json();
    assert_eq!(count, json!({"stored": 1, "downloads": 1}));
}

#[tokio::test]
async fn a_download_leads_nowhere_else() {
    let server = Server::start().await;
    let hash = finished_default(&server).await;
    for path in [
        "/download/evil.example/image.bin".to_owned(),
        "/download//evil.example/x".to_owned(),
        "/download/%2f%2fevil.example/x".to_owned(),
        format!("/download/{hash}/other.bin"),
        format!("/download/{hash}/..%2f{hash}%2fimage.bin"),
        format!("/download/{hash}/image.bin%0d%0aset-cookie:a"),
        format!("/download/{hash}/"),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("location"), "");
    }
}

#[tokio::test]
async fn distributions_and_versions_are_listed() {
    let server = Server::start().await;
    let distros = server.get("/api/distros").await.json();
    assert_eq!(distros[0]["name"], "openwrt");
    assert_eq!(distros[0]["latest"], "24.10.2");
    for path in ["/api/versions", "/api/releases?distro=LEDE"] {
        let versions = server.get(path).await.json();
        assert_eq!(versions[0]["version"], "24.10.2");
        assert_eq!(versions[0]["latest"], true);
        assert_eq!(versions[1]["release"], "23.05.5");
    }
    assert_eq!(server.get("/api/versions?distro=x").await.status, 412);
    let supported = server.get("/supported?json=1").await.json();
    assert_eq!(
        supported[0],
        json!({"distro": "openwrt", "release": "24.10.2", "target": "ath79",
            "subtargets": ["generic"]})
    );
    let sets = server.get("/api/network_profiles").await.json();
    assert_eq!(sets[0]["name"], "quintana/node");
}

#[tokio::test]
async fn models_are_found_by_name_profile_and_target() {
    let server = Server::start().await;
    for text in ["archer", "ARCHER+C7+V5", "tplink_", "ath79"] {
        let path = format!("/api/models?distro=lede&version=24.10.2&model_search={text}");
        let found = server.get(&path).await;
        assert_eq!(
            found.json(),
            json!([{"model": "TP-Link Archer C7 v5", "profile": "tplink_archer-c7-v5",
                "target": "ath79", "subtarget": "generic"}]),
            "{text}"
        );
    }
    let none = server
        .get("/api/models?version=24.10.2&model_search=fritz")
        .await;
    assert_eq!(none.json(), json!([]));
    let bare = server.get("/api/models?distro=lede").await;
    assert_eq!((bare.status.as_u16(), bare.json()), (400, json!([])));
    let unknown = server.get("/api/models?version=1.0&model_search=x").await;
    assert_eq!(unknown.status, 412);
}

#[tokio::test]
async fn default_packages_are_those_of_target_and_device() {
    let server = Server::start().await;
    let query = "version=24.10.2&target=ath79&subtarget=generic";
    for path in ["/api/packages_image", "/api/default_packages"] {
        let device = format!("{path}?{query}&profile=tplink_archer-c7-v5");
        let packages = server.get(&device).await.json();
        assert_eq!(packages, json!(["base-files", "kmod-ath10k-ct"]));
        assert_eq!(server.get(&format!("{path}?{query}")).await.status, 400);
        let unknown = server.get(&format!("{path}?{query}&profile=x")).await;
        assert_eq!(unknown.status, 412);
    }
}

#[tokio::test]
async fn statistics_leave_private_images_out() {
    let server = Server::start().await;
    let body = json!({"version": "24.10.2", "target": "ath79", "subtarget": "generic",
        "board": "tplink,archer-c7-v5", "packages": ["secret"], "defaults": "true"});
    finished(&server, &body, "sysupgrade").await;
    for path in ["popular_packages", "popular_targets"] {
        let ranked = server.get(&format!("/api/v1/stats/{path}")).await;
        assert_eq!(ranked.json(), json!([]), "{path}");
    }
}

#[tokio::test]
async fn statistics_count_what_was_asked_for() {
    let server = Server::start().await;
    finished_default(&server).await;
    let packages = server.get("/api/v1/stats/popular_packages").await.json();
    assert_eq!(packages, json!([{"name": "tmux", "count": 1}]));
    let targets = server.get("/api/v1/stats/popular_targets").await.json();
    assert_eq!(
        targets,
        json!([{"target": "ath79", "subtarget": "generic", "count": 1}])
    );
    let total = server.get("/api/v1/stats/packages").await.json();
    assert_eq!(total, json!({"total": 1}));
}
