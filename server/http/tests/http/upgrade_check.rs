//! The upgrade check of the 2017 API as its clients see it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::Server;

const PATH: &str = "/api/upgrade-check";

fn question(version: &str, packages: &Value) -> Value {
    json!({"distro": "LEDE", "version": version, "target": "ath79", "subtarget": "generic",
        "packages": packages})
}

#[tokio::test]
async fn a_newer_release_is_told_with_all_that_changes() {
    let server = Server::start().await;
    let packages = json!({"auc": "0.3-1", "tmux": "3.3a-1"});
    let mut asked = question("23.05.5", &packages);
    asked["distro"] = json!("OpenWrt");
    let answer = server.post_to(PATH, &asked).await;
    assert_eq!(answer.status, StatusCode::OK);
    let told = answer.json();
    assert_eq!(told["version"], "24.10.2");
    assert_eq!(told["upgrades"], json!({"tmux": ["3.4-r1", "3.3a-1"]}));
    assert_eq!(
        told["packages"],
        json!({"owut": "1.0-r1", "tmux": "3.4-r1"})
    );
    let hash = told["request_hash"].as_str().unwrap();
    assert_eq!(hash.len(), 16);

    let again = server.get(&format!("{PATH}/{hash}")).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, told.clone()));
    let posted = server.post_to(PATH, &json!({"request_hash": hash})).await;
    assert_eq!(
        (posted.status, posted.json()),
        (StatusCode::OK, told.clone())
    );
    let legacy = server.post_to("/update-request", &asked).await;
    assert_eq!(legacy.json(), told);
}

#[tokio::test]
async fn nothing_new_is_204_with_the_hash_in_a_header() {
    let server = Server::start().await;
    let mut asked = question("24.10.2", &json!({"tmux": "3.4-r1"}));
    asked["distro"] = json!("openwrt");
    let answer = server.post_to(PATH, &asked).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let hash = answer.header("x-request-hash");
    assert_eq!(
        server.get(&format!("{PATH}/{hash}")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn without_packages_only_the_release_is_checked() {
    let server = Server::start().await;
    let asked = json!({"version": "23.05.5", "target": "ath79", "subtarget": "generic"});
    let answer = server.post_to(PATH, &asked).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["version"], "24.10.2");
    assert!(answer.json().get("packages").is_none());
}

#[tokio::test]
async fn bad_questions_get_the_status_of_the_table() {
    let server = Server::start().await;
    let missing = server.post_to(PATH, &json!({"version": "23.05.5"})).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let torn = Request::post(PATH).body(Body::from("{")).unwrap();
    let torn = server.send(torn).await;
    assert_eq!(
        (torn.status, torn.json()),
        (StatusCode::BAD_REQUEST, json!([]))
    );
    let stranger = server.post_to(PATH, &question("23.05.5", &json!({}))).await;
    assert_eq!(stranger.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(stranger.json()["error"], "unknown distribution lede");
    let hash = server.get("/api/upgrade-check/0123456789abcdef").await;
    assert_eq!(hash.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_package_is_named_in_a_header() {
    let server = Server::start().await;
    let mut asked = question("23.05.5", &json!({"ghost": "1"}));
    asked["distro"] = json!("openwrt");
    let answer = server.post_to(PATH, &asked).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header("x-unknown-package"), "ghost");
    assert_eq!(
        answer.json()["error"],
        "could not find package 'ghost' for requested target"
    );
}
