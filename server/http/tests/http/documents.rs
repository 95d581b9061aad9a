//! What can be built.

use super::*;

const TARGET: &str = "/json/v1/releases/24.10.2/targets/ath79/generic";

#[tokio::test]
async fn the_overview_has_upstreams_offer_and_our_limits() {
    let server = Server::start().await;
    let body = server.get("/json/v1/overview.json").await.json();
    assert_eq!(body["latest"], json!(["24.10.2", "23.05.5"]));
    assert_eq!(body["upstream_url"], "http://upstream.example");
    assert_eq!(body["branches"]["24.10"]["path"], "releases/{version}");
    assert_eq!(body["server"]["max_defaults_length"], 20_480);
    assert_eq!(body["server"]["allow_defaults"], true);
    assert_eq!(body["server"]["repository_allow_list"], json!([]));
}

#[tokio::test]
async fn branches_are_a_list_newest_first() {
    let server = Server::start().await;
    let body = server.get("/json/v1/branches.json").await.json();
    let names: Vec<_> = body
        .as_array()
        .unwrap()
        .iter()
        .map(|b| &b["name"])
        .collect();
    assert_eq!(names, ["24.10", "23.05"]);
    let latest = server.get("/json/v1/latest.json").await.json();
    assert_eq!(latest, json!({"latest": ["24.10.2", "23.05.5"]}));
}

#[tokio::test]
async fn package_indexes() {
    let server = Server::start().await;
    let index = server.get(&format!("{TARGET}/index.json")).await.json();
    assert_eq!(
        index,
        json!({"architecture": "mips_24kc", "packages": {"base-files": "1637"}})
    );
    let path = "/json/v1/releases/24.10.2/packages/mips_24kc-index.json";
    assert_eq!(server.get(path).await.json(), json!({"arch": "mips_24kc"}));
    assert_eq!(
        server
            .get("/json/v1/releases/24.10.2/packages/mips_24kc.json")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn one_profile_with_the_facts_of_its_target() {
    let server = Server::start().await;
    let body = server
        .get(&format!("{TARGET}/tplink_archer-c7-v5.json"))
        .await
        .json();
    assert_eq!(body["id"], "tplink_archer-c7-v5");
    assert_eq!(body["build_at"], "2023-11-14T22:13:20Z");
    assert_eq!(body["version_code"], "r28739-d9340319c6");
    assert_eq!(body["supported_devices"], json!(["tplink,archer-c7-v5"]));
    assert!(body.get("profiles").is_none());
}

#[tokio::test]
async fn documents_that_do_not_exist_are_404() {
    let server = Server::start().await;
    for path in [
        "/json/v1/releases/1.0/packages/x-index.json",
        "/json/v1/releases/24.10.2/targets/x86/64/index.json",
        "/json/v1/releases/24.10.2/targets/ath79/generic/other.json",
        "/json/v1/releases/24.10.2/targets/ath79/%2e%2e/index.json",
        "/json/v1/releases/..%2f..%2fetc/packages/x-index.json",
        "/json/v1/snapshots/packages/x-index.json",
        "/json/v1/nothing.json",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(answer.json()["detail"].is_string());
    }
}

#[tokio::test]
async fn revisions() {
    let server = Server::start().await;
    let known = server.get("/api/v1/revision/24.10.2/ath79/generic").await;
    assert_eq!(known.json(), json!({"revision": "r28739-d9340319c6"}));

    let version = server.get("/api/v1/revision/1.0/ath79/generic").await;
    assert_eq!(version.status, 400);
    assert_eq!(version.json()["detail"], "Unsupported version: 1.0");

    let target = server.get("/api/v1/revision/24.10.2/x86/64").await;
    assert_eq!(target.status, 404);
    assert_eq!(
        target.json()["detail"],
        "Failed to fetch revision for 24.10.2/x86/64"
    );
}

#[tokio::test]
async fn old_paths_lead_on() {
    let server = Server::start().await;
    for (old, new) in [
        ("/overview", "/json/v1/overview.json"),
        ("/api/v1/overview", "/json/v1/overview.json"),
        ("/api/v1/latest", "/json/v1/latest.json"),
        ("/api/overview", "/json/v1/overview.json"),
        ("//api/v1/latest?x=1", "/json/v1/latest.json"),
    ] {
        let answer = server.get(old).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (301, new),
            "{old}"
        );
    }
}

#[tokio::test]
async fn two_slashes_are_as_good_as_one() {
    let server = Server::start().await;
    let overview = server.get("///json/v1/overview.json?x=1").await;
    assert_eq!(overview.status, 200);
    let asked = server.post_to("//api/v1/build", &wish()).await;
    assert_eq!(asked.status, 202);
    let elsewhere = server.get("//evil.example/x").await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(elsewhere.header("location"), "");
}

#[tokio::test]
async fn the_page_is_for_people_and_escapes_what_upstream_says() {
    let server = Server::start().await;
    server.post(&wish()).await;
    let answer = server.get("/").await;
    let page = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(
        page.contains("24.10.2") && page.contains("<b>1</b>"),
        "{page}"
    );
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    for outside in ["src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}
