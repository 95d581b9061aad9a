//! Following a build.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;

use super::*;

/// Takes the next job and ends it so many seconds later.
pub(crate) async fn build(server: &Server, seconds: i64, answer: &BuildAnswer) {
    let lease = Duration::from_mins(10);
    let claim = server.api.store.claim("w", server.now(), lease).await;
    let claim = claim.unwrap().expect("a job to claim");
    server.pass(seconds);
    let (store, now) = (&server.api.store, server.now());
    match answer.status {
        200 => store.succeed(&claim, now, answer).await.unwrap(),
        _ => store.fail(&claim, now, answer).await.unwrap(),
    }
}

pub(crate) fn answer(status: u16, detail: &str) -> BuildAnswer {
    BuildAnswer {
        status,
        detail: detail.to_owned(),
        ..BuildAnswer::default()
    }
}

#[tokio::test]
async fn a_stream_tells_the_log_and_ends_with_the_build() {
    let server = Arc::new(Server::start().await);
    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    let path = format!("/api/v1/build/{}/events", hash.as_str().unwrap());
    let following = {
        let (server, path) = (Arc::clone(&server), path.clone());
        tokio::spawn(async move { server.get(&path).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    build(&server, 7, &answer(200, "done")).await;

    let told = following.await.unwrap();
    assert_eq!(told.header("content-type"), "text/event-stream");
    let text = String::from_utf8(told.bytes).unwrap();
    let events: Vec<&str> = text.split("\n\n").filter(|e| !e.is_empty()).collect();
    let names: Vec<&str> = events
        .iter()
        .filter_map(|e| e.lines().find_map(|l| l.strip_prefix("event: ")))
        .collect();
    assert_eq!(names, ["log", "status", "log", "log", "end"], "{text}");
    assert!(
        text.contains("\"queue_position\":0") && text.contains("\"imagebuilder_status\":\"done\"")
    );

    let seen = [("last-event-id", "2")];
    let rest = server.ask(Method::GET, &path, &seen).await;
    let rest = String::from_utf8(rest.bytes).unwrap();
    assert_eq!(rest.matches("event: log").count(), 1, "{rest}");
}

#[tokio::test]
async fn nobody_follows_what_nobody_asked_for() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/build/nothing/events").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["cause"], "unknown-request");
}

#[tokio::test]
async fn the_estimate_is_measured() {
    let server = Server::start().await;
    let first = server.post(&wish()).await.json();
    assert!(first.get("estimate_seconds").is_none(), "nothing is known");
    build(&server, 40, &answer(200, "done")).await;

    server.post(&wish_with("packages", json!(["a"]))).await;
    let second = server.post(&wish_with("packages", json!(["b"]))).await;
    assert_eq!(second.json()["estimate_seconds"], 80);
    let lease = Duration::from_mins(10);
    server
        .api
        .store
        .claim("w", server.now(), lease)
        .await
        .unwrap();
    server.pass(30);
    let later = server.post(&wish_with("packages", json!(["b"]))).await;
    assert_eq!(
        later.json()["estimate_seconds"],
        50,
        "10 s are left of the first"
    );
}
