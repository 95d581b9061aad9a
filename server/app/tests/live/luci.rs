//! luci-app-attendedsysupgrade in a browser: another origin, so every answer must say that it may be
//! read, and statuses it has no case for leave its user with a spinner.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};

use crate::contents::REVISION;
use crate::server::{Answer, Server, answer};
use crate::{Stage, assert_fields, sha256};

const ORIGIN: &str = "http://192.168.1.1";

/// Statuses it knows of a build; it waits for ever on others.
const KNOWN: [u16; 5] = [200, 202, 400, 422, 500];

/// The stages it has a text for.
const STEPS: [&str; 6] = [
    "init",
    "container_setup",
    "validate_revision",
    "validate_manifest",
    "calculate_packages_hash",
    "building_image",
];

/// Asks as a browser does for a page from elsewhere.
async fn ask(request: RequestBuilder) -> Answer {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let request = request
        .header("User-Agent", agent)
        .header("Accept", "*/*")
        .header("Accept-Language", "en-US,en;q=0.5")
        .header("Origin", ORIGIN)
        .header("Referer", format!("{ORIGIN}/"));
    let answer = answer(request).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    answer
}

/// What a browser asks first, before a request that a plain form could not make.
async fn preflight(server: &Server, path: &str, method: &str) {
    let request = server
        .request(Method::OPTIONS, path)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", "content-type");
    let answer = ask(request).await;
    assert_eq!(answer.status, 200);
    let headers = answer.header("access-control-allow-headers");
    assert!(headers.contains("content-type"), "{headers}");
    let methods = answer.header("access-control-allow-methods");
    assert!(methods.contains(method), "{methods}");
}

fn firmware(packages: &[&str]) -> Value {
    json!({
        "client": "luci/25.120.12345~abcdef0",
        "packages": packages,
        // As the router says it: with a comma.
        "profile": "tplink,archer-c7-v5",
        "target": "ath79/generic",
        "version": "24.10.2",
        "diff_packages": true,
        "filesystem": "squashfs",
    })
}

/// Posts, and polls with `GET` until it is no longer 202; a body `{}` makes even those JSON.
async fn build(server: &Server, firmware: &Value) -> Answer {
    preflight(server, "/api/v1/build", "POST").await;
    let mut reply = ask(server.request(Method::POST, "/api/v1/build").json(firmware)).await;
    while reply.status == 202 {
        let told = reply.json();
        if told.get("queue_position").is_none() {
            let step = told["imagebuilder_status"].as_str().unwrap();
            assert!(STEPS.contains(&step), "it has no text for {step}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let path = format!("/api/v1/build/{}", told["request_hash"].as_str().unwrap());
        preflight(server, &path, "GET").await;
        let poll = server.request(Method::GET, &path);
        reply = ask(poll.header("Content-Type", "application/json")).await;
    }
    assert!(KNOWN.contains(&reply.status), "{}", reply.status);
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn luci_searches_builds_and_downloads() {
    let stage = Stage::open().await;
    let server = &stage.server;

    // Each of its generations has another address for the overview; a browser follows by itself,
    // if the redirect may be read.
    for path in [
        "/json/v1/overview.json",
        "/api/v1/overview",
        "/api/overview",
    ] {
        let still = Client::builder().redirect(redirect::Policy::none()).build();
        let first = ask(still.unwrap().get(format!("{}{path}", server.url))).await;
        assert!(matches!(first.status, 200 | 301), "{path}");
        let overview = ask(server.request(Method::GET, path)).await;
        assert_eq!(overview.status, 200, "{path}");
        // The newest first; it stops at its own branch.
        assert_eq!(overview.json()["latest"], json!(["24.10.3", "23.05.5"]));
    }
    // Of a snapshot, the number after the `r` is compared.
    let revision = ask(server.request(Method::GET, "/api/v1/revision/24.10.2/ath79/generic")).await;
    assert_eq!(revision.json()["revision"], REVISION);

    let built = build(server, &firmware(&["base-files", "luci"])).await;
    assert_eq!(built.status, 200);
    let built = built.json();
    let shown = [
        "version_number",
        "version_code",
        "id",
        "target",
        "build_at",
        "bin_dir",
    ];
    assert_fields(&built, &shown, Value::is_string);
    let images = built["images"].as_array().unwrap();
    let fits = |image: &&Value| image["filesystem"] == "squashfs" && image["type"] == "sysupgrade";
    let image = images.iter().find(fits).unwrap();
    // Compared with what other servers built of the same.
    assert_fields(
        image,
        &["name", "sha256", "sha256_unsigned"],
        Value::is_string,
    );

    // Downloaded with a content type of its own, which needs leave; the router tells the sum.
    let (folder, name) = (
        built["bin_dir"].as_str().unwrap(),
        image["name"].as_str().unwrap(),
    );
    let path = format!("/store/{folder}/{name}");
    preflight(server, &path, "GET").await;
    let form = "application/x-www-form-urlencoded";
    let file = ask(server
        .request(Method::GET, &path)
        .header("Content-Type", form))
    .await;
    assert_eq!(
        (file.status, &image["sha256"]),
        (200, &json!(sha256(&file.body)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn luci_shows_why_there_is_no_image() {
    let stage = Stage::open().await;
    let server = &stage.server;
    let failed = build(server, &firmware(&["no-such"])).await;
    assert_eq!(failed.status, 500);
    assert_fields(
        &failed.json(),
        &["detail", "stdout", "stderr"],
        Value::is_string,
    );
    for (field, wrong, status) in [
        ("version", json!("24.10.9"), 400),
        ("target", json!("ath79/nand"), 400),
        ("profile", json!("other,device"), 400),
        ("packages", json!(["a b"]), 422),
        ("version", json!(null), 422),
    ] {
        let mut firmware = firmware(&["luci"]);
        firmware[field] = wrong;
        let refused = build(server, &firmware).await;
        assert_eq!(refused.status, status, "{field}");
        assert!(!refused.json()["detail"].is_null(), "{field}");
    }
    // A server that has forgotten the build: it has no case for 404, so the hash must be lasting.
    let search = ask(server.request(Method::GET, "/api/v1/revision/1.0/ath79/generic")).await;
    // What is not 200 is shown as text.
    assert!(search.status >= 400 && !search.body.is_empty());
}
