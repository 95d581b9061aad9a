//! The firmware selector, as of version 5.1: a page from elsewhere that posts, polls every five
//! seconds, and shows what it finds in the answer.

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::contents::REVISION;
use crate::server::{Answer, Server, answer};
use crate::{Stage, assert_fields, sha256};

/// Statuses it has a case for.
const KNOWN: [u16; 5] = [200, 202, 400, 422, 500];

/// `fetch` with `cache: "no-cache"`, from a page of another origin; a browser takes packed answers.
async fn fetch(request: RequestBuilder) -> Answer {
    let request = request
        .header("Accept", "*/*")
        .header("Accept-Encoding", "gzip, deflate, br, zstd")
        .header("Cache-Control", "max-age=0")
        .header("Origin", "https://firmware-selector.openwrt.org");
    let mut answer = answer(request).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    if answer.header("content-encoding") == "gzip" {
        let mut plain = Vec::new();
        let mut packed = GzDecoder::new(&answer.body[..]);
        packed.read_to_end(&mut plain).unwrap();
        answer.body = plain;
    }
    answer
}

/// All that it sends; what a person did not fill in is there, and empty.
fn wish(packages: &[&str]) -> Value {
    json!({
        "profile": "tplink_archer-c7-v5",
        "target": "ath79/generic",
        "packages": packages,
        "defaults": "",
        "version_code": REVISION,
        "version": "24.10.2",
        "diff_packages": true,
        "client": "ofs/5.1.0",
        "repositories": {},
        "repository_keys": [],
        "repositories_mode": "append",
    })
}

async fn build(server: &Server, wish: &Value) -> Answer {
    let json = |request: RequestBuilder| request.header("Content-Type", "application/json");
    let post = json(server.request(Method::POST, "/api/v1/build"));
    let mut reply = fetch(post.body(wish.to_string())).await;
    while reply.status == 202 {
        let told = reply.json();
        // The stage is the name of a text; the hash is asked for next time.
        assert_fields(
            &told,
            &["imagebuilder_status", "request_hash"],
            Value::is_string,
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        let path = format!("/api/v1/build/{}", told["request_hash"].as_str().unwrap());
        reply = fetch(json(server.request(Method::GET, &path))).await;
    }
    assert!(KNOWN.contains(&reply.status), "{}", reply.status);
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn the_firmware_selector_builds_and_links_the_files() {
    let stage = Stage::open().await;
    let defaults = ["base-files", "dropbear", "ppp", "kmod-usb2", "luci"];
    let built = build(&stage.server, &wish(&defaults)).await;
    assert_eq!(built.status, 200);
    let built = built.json();
    // Where there is one log, both are shown.
    assert_fields(&built, &["stdout", "stderr"], Value::is_string);
    // These two tell an image made to order from upstream's.
    assert_fields(&built, &["build_cmd"], Value::is_array);
    assert_fields(&built, &["manifest"], Value::is_object);
    let shown = ["target", "version_number", "version_code", "bin_dir"];
    assert_fields(&built, &shown, |text| {
        text.as_str().is_some_and(|it| !it.is_empty())
    });
    let date: Timestamp = built["build_at"].as_str().unwrap().parse().unwrap();
    assert!(date > Timestamp::UNIX_EPOCH);
    // A name is the title, or vendor, model and variant.
    let title = &built["titles"][0];
    assert_eq!(
        (&title["vendor"], &title["model"]),
        (&json!("TP-Link"), &json!("Archer C7"))
    );
    for image in built["images"].as_array().unwrap() {
        assert_fields(image, &["name", "type", "sha256"], Value::is_string);
        let (folder, name) = (
            built["bin_dir"].as_str().unwrap(),
            image["name"].as_str().unwrap(),
        );
        let file = stage.server.get(&format!("/store/{folder}/{name}")).await;
        assert_eq!(image["sha256"], sha256(&file.body));
        // A link is clicked, not fetched.
        assert!(file.header("content-disposition").starts_with("attachment"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_firmware_selector_shows_why_there_is_no_file() {
    let stage = Stage::open().await;
    let failed = build(&stage.server, &wish(&["no-such"])).await;
    assert_eq!(failed.status, 500);
    let failed = failed.json();
    // `error` would be shown instead of all the rest.
    assert!(failed.get("error").is_none());
    assert_fields(&failed, &["detail", "stdout", "stderr"], Value::is_string);
    let mut other = wish(&["luci"]);
    other["profile"] = json!("other");
    let refused = build(&stage.server, &other).await;
    assert_eq!(refused.status, 400);
    // No log, so `stderr` must not be there: it would be shown, and searched for its cause.
    assert!(refused.json().get("stderr").is_none());
    assert_fields(&refused.json(), &["detail"], Value::is_string);
    let mut feeds = wish(&["luci"]);
    feeds["repositories"] = json!({"own": "https://feeds.example/x"});
    let refused = build(&stage.server, &feeds).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["detail"],
        "Repository not allowed: https://feeds.example/x"
    );
}
