//! Package feeds in a request.

use asu_http::Limits;

use super::*;

const USIGN: &str = include_str!("../../../../tests/fixtures/usign/key.pub");

async fn server() -> Server {
    let repositories = ["https://good.example/feed/", "http://lan.example:8080"];
    Server::with(Limits {
        repositories: repositories
            .iter()
            .map(|url| url.parse().unwrap())
            .collect(),
        ..Limits::default()
    })
    .await
}

fn with_feed(url: &str) -> Value {
    wish_with("repositories", json!({"mine": url}))
}

#[tokio::test]
async fn feeds_that_are_allowed_are_part_of_the_request_in_one_form() {
    let server = server().await;
    let plain = server.post(&wish()).await.json()["request_hash"].clone();
    let mut hashes = Vec::new();
    for url in [
        "https://good.example/feed/24.10/mine",
        "HTTPS://Good.Example:443/feed/24.10/mine/",
    ] {
        // What the catalogue has never heard of may be in the feed.
        let mut wish = with_feed(url);
        wish["packages"] = json!(["unheard-of"]);
        wish["repository_keys"] = json!([USIGN]);
        let answer = server.post(&wish).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let asked = &answer.json()["request"];
        assert_eq!(
            asked["repositories"]["mine"],
            "https://good.example/feed/24.10/mine"
        );
        assert_eq!(asked["repository_keys"], json!([USIGN.lines().nth(1)]));
        hashes.push(answer.json()["request_hash"].clone());
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], plain);
    let mut appended = with_feed("http://lan.example:8080/x");
    appended["repositories_mode"] = json!("append");
    let answer = server.post(&appended).await.json();
    assert_eq!(answer["request"]["repositories_mode"], "append");
}

#[tokio::test]
async fn a_feed_that_only_looks_allowed_is_refused() {
    let server = server().await;
    for url in [
        "https://good.example",
        "https://good.example/feeds",
        "https://good.example/evil/feed",
        "http://good.example/feed",
        "https://good.example:8443/feed",
        "https://good.example.evil/feed",
        "https://evil/good.example/feed",
        "http://lan.example/x",
    ] {
        let answer = server.post(&with_feed(url)).await;
        assert_eq!(answer.status, 400, "{url}: {answer:?}");
        assert_eq!(
            answer.json()["detail"],
            format!("Repository not allowed: {url}")
        );
        assert_eq!(answer.json()["cause"], "repository-not-allowed");
    }
    for url in [
        "https://good.example@evil/feed",
        "https://user@good.example/feed",
        "https://good.example/feed/../evil",
        "https://good.example/feed/%2e%2e/evil",
        "https://good.example/feed?x",
        "https://good.example/feed\nsrc/gz x http://evil",
        "ftp://good.example/feed",
    ] {
        let answer = server.post(&with_feed(url)).await;
        assert_eq!(answer.status, 422, "{url}: {answer:?}");
        let wrong = &answer.json()["detail"][0];
        assert_eq!(
            wrong["loc"],
            json!(["body", "repositories", "mine"]),
            "{wrong}"
        );
    }
    assert_eq!(server.pending().await, 0);
}

#[tokio::test]
async fn names_keys_and_modes_are_checked() {
    let server = server().await;
    let many: serde_json::Map<_, _> = (0..33)
        .map(|n| (format!("f{n}"), json!("https://good.example/feed")))
        .collect();
    for (field, value) in [
        ("repositories", json!({"a b": "https://good.example/feed"})),
        ("repositories", json!({"../x": "https://good.example/feed"})),
        ("repositories", json!(["https://good.example/feed"])),
        ("repositories", Value::Object(many)),
        ("repositories_mode", json!("prepend")),
        ("repository_keys", json!(["no key"])),
        ("repository_keys", json!(vec![USIGN; 33])),
    ] {
        let answer = server.post(&wish_with(field, value)).await;
        assert_eq!(answer.status, 422, "{field}: {answer:?}");
        assert_eq!(answer.json()["detail"][0]["loc"][1], field);
    }
    let none = server.post(&wish_with("repositories", json!({}))).await;
    assert_eq!(
        none.json()["request_hash"],
        server.post(&wish()).await.json()["request_hash"]
    );
}

#[tokio::test]
async fn the_overview_says_what_is_allowed() {
    let overview = server().await.get("/json/v1/overview.json").await.json();
    let allowed = json!(["https://good.example/feed", "http://lan.example:8080"]);
    assert_eq!(overview["server"]["repository_allow_list"], allowed);
}
