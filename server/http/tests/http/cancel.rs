//! Whoever asked withdraws; the build ends with the last.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;

use super::*;

/// Asks, perhaps with a token; the path of the build and the token.
async fn ask(server: &Server, token: &str) -> (String, String) {
    let mut request = Request::post("/api/v1/build").header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("x-cancel-token", token);
    }
    let request = request.body(Body::from(wish().to_string())).unwrap();
    let answer = server.send(request).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.contains("x-cancel-token"), "{exposed}");
    let hash = answer.json()["request_hash"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/build/{hash}");
    (path, answer.header("x-cancel-token").to_owned())
}

async fn cancel(server: &Server, path: &str, token: &str) -> (u16, Value) {
    let headers = [("x-cancel-token", token)];
    let answer = server.ask(Method::DELETE, path, &headers).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn the_only_asker_cancels_and_a_new_request_overcomes_it() {
    let server = Server::start().await;
    let (path, token) = ask(&server, "").await;
    let (status, body) = cancel(&server, &path, &token).await;
    assert_eq!((status, &body["cancelled"]), (200, &json!(true)), "{body}");
    assert_eq!(server.pending().await, 0);
    for _ in 0..2 {
        let answer = server.get(&path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["cause"]),
            (500, &json!("cancelled"))
        );
        assert_eq!(answer.header("x-imagebuilder-status"), "failed");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let events = server.get(&format!("{path}/events")).await;
    let events = String::from_utf8(events.bytes).unwrap();
    assert!(
        events.contains("event: end") && events.contains(r#""cause":"cancelled""#),
        "{events}"
    );

    let (_, other) = ask(&server, "").await;
    assert_ne!(other, token);
    assert_eq!(server.get(&path).await.json()["detail"], "queued");
    assert_eq!(
        cancel(&server, &path, &token).await.0,
        403,
        "of an earlier life"
    );
    assert_eq!(cancel(&server, &path, &other).await.1["cancelled"], true);
}

#[tokio::test]
async fn while_anybody_waits_the_build_goes_on() {
    let server = Server::start().await;
    let (path, one) = ask(&server, "").await;
    let (_, other) = ask(&server, "").await;
    let (_, again) = ask(&server, &one).await;
    assert_eq!(again, one, "who shows its token is the same asker");
    assert_eq!(cancel(&server, &path, &one).await.1["cancelled"], false);
    assert_eq!(cancel(&server, &path, &one).await.0, 403, "it has left");
    assert_eq!(server.pending().await, 1);
    assert_eq!(cancel(&server, &path, &other).await.1["cancelled"], true);
}

#[tokio::test]
async fn who_asks_by_the_api_of_2017_waits_as_well() {
    let server = Server::start().await;
    let old = json!({"version": "24.10.2", "target": "ath79", "subtarget": "generic",
        "board": "tplink,archer-c7-v5", "packages": ["luci", "htop"]});
    let (path, token) = ask(&server, "").await;
    assert_eq!(
        server.post_to("/api/upgrade-request", &old).await.status,
        202
    );
    assert_eq!(cancel(&server, &path, &token).await.1["cancelled"], false);
    assert_eq!(server.pending().await, 1);
}

#[tokio::test]
async fn nobody_else_cancels() {
    let server = Server::start().await;
    let (path, token) = ask(&server, "").await;
    let guessed = "0".repeat(64);
    for wrong in ["", "x", &guessed, &token.to_uppercase(), &token[1..]] {
        let (status, body) = cancel(&server, &path, wrong).await;
        assert_eq!(
            (status, &body["cause"]),
            (403, &json!("not-yours")),
            "{wrong}"
        );
    }
    let unknown = format!("/api/v1/build/{guessed}");
    assert_eq!(cancel(&server, &unknown, &token).await.0, 404);
    assert_eq!(server.pending().await, 1);
    assert!(server.get(&path).await.header("x-cancel-token").is_empty());
}

#[tokio::test]
async fn what_is_finished_is_not_cancelled() {
    let server = Server::start().await;
    let (path, token) = ask(&server, "").await;
    let (store, now) = (&server.api.store, server.now());
    let claim = store.claim("w", now, Duration::from_mins(1)).await.unwrap();
    let answer = BuildAnswer::default();
    store.succeed(&claim.unwrap(), now, &answer).await.unwrap();
    let (status, body) = cancel(&server, &path, &token).await;
    assert_eq!((status, &body["cause"]), (409, &json!("finished")));
    let again = server.post(&wish()).await;
    assert_eq!(again.status, 200);
    assert!(
        again.header("x-cancel-token").is_empty(),
        "ready bytes are everybody's"
    );
}

#[tokio::test]
async fn a_worker_loses_what_was_cancelled_and_it_is_no_failure_in_the_numbers() {
    let server = Server::start().await;
    let (path, token) = ask(&server, "").await;
    let (store, now) = (&server.api.store, server.now());
    let claim = store.claim("w", now, Duration::from_mins(1)).await.unwrap();
    cancel(&server, &path, &token).await;
    let answer = BuildAnswer::default();
    assert!(store.succeed(&claim.unwrap(), now, &answer).await.is_err());
    assert_eq!(server.get(&path).await.json()["cause"], "cancelled");
    let numbers = server.get("/api/v1/stats/summary").await.json();
    assert_eq!(numbers, json!({"queue_length": 0, "builds_24h": 0}));
}
