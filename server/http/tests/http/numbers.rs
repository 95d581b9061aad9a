//! Statistics, metrics and limits.

use super::events::{answer, build};
use super::*;

async fn some_builds() -> Server {
    let server = Server::start().await;
    server.post(&wish()).await;
    build(&server, 40, &answer(200, "done")).await;
    server.post(&wish()).await;
    server
        .post(&wish_with("packages", json!(["htop", "nosuch", "-ppp"])))
        .await;
    build(&server, 5, &answer(500, "Error: missing\n(nosuch)")).await;
    server
}

#[tokio::test]
async fn statistics_have_asus_shapes() {
    let server = some_builds().await;
    let summary = server.get("/api/v1/stats/summary").await.json();
    assert_eq!(summary, json!({"queue_length": 0, "builds_24h": 1}));

    let days = server.get("/api/v1/builds-per-day").await.json();
    assert_eq!(days["labels"][29], "2023-11-14Z");
    let last = |n: usize| {
        (
            days["datasets"][n]["label"].clone(),
            days["datasets"][n]["data"][29].clone(),
        )
    };
    assert_eq!(last(0), (json!("Requests"), json!(3)));
    assert_eq!(last(1), (json!("Cache-Hits"), json!(1)));
    assert_eq!(last(2), (json!("Failures"), json!(1)));

    let packages = server.get("/api/v1/top-packages?branch=24.10&n=1").await;
    let expected =
        json!({"packages": [{"name": "htop", "count": 1}], "branch": "24.10", "days": 30});
    assert_eq!(packages.json(), expected);
    let none = server.get("/api/v1/top-packages?branch=24.1").await.json();
    assert_eq!(none["packages"], json!([]));

    let versions = server.get("/api/v1/builds-by-version").await.json();
    assert_eq!(versions["labels"].as_array().unwrap().len(), 26);
    assert_eq!(versions["datasets"][0]["label"], "24.10");
    assert_eq!(versions["datasets"][0]["data"][25], 1);
    let branch = server.get("/api/v1/builds-by-version?branch=24.10").await;
    assert_eq!(branch.json()["datasets"][0]["label"], "24.10.2");
}

#[tokio::test]
async fn errors_are_a_list_for_people() {
    let none = Server::start().await.get("/api/v1/build-errors").await;
    assert_eq!(none.bytes, b"No build errors recorded.\n");
    let errors = some_builds().await.get("/api/v1/build-errors?n=9").await;
    let text = String::from_utf8(errors.bytes).unwrap();
    assert!(
        text.starts_with("Build Errors: 1 entries\nTime range: 2023-"),
        "{text}"
    );
    assert!(
        text.ends_with("tplink_archer-c7-v5: Error: missing (nosuch)\n"),
        "{text}"
    );
}

#[tokio::test]
async fn metrics_count_what_was_answered() {
    let server = some_builds().await;
    server.get("/api/v1/build/nothing").await;
    let answer = server.get("/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let text = String::from_utf8(answer.bytes).unwrap();
    for line in [
        "asu_http_responses_total{kind=\"api\",status=\"2xx\"} 3",
        "asu_http_responses_total{kind=\"api\",status=\"4xx\"} 1",
        "asu_http_response_seconds_count 4",
        "asu_build_requests_total 3",
        "asu_build_request_hits_total 1",
        "asu_builds_waiting 0",
        "asu_builds_running 0",
        "asu_builds_parked 0",
        "asu_expected_wait_seconds 0",
        "asu_build_seconds_mean 40",
        "asu_workers 0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
}

#[tokio::test]
async fn where_builds_wait_and_nobody_works_the_wait_has_no_end() {
    let server = Server::start().await;
    server.post(&wish()).await;
    let metrics = |answer: Answer| String::from_utf8(answer.bytes).unwrap();
    let text = metrics(server.get("/metrics").await);
    assert!(
        text.contains("\nasu_expected_wait_seconds +Inf\n"),
        "{text}"
    );
    let now = server.now();
    server.api.store.worker_seen("w", now).await.unwrap();
    let text = metrics(server.get("/metrics").await);
    assert!(text.contains("\nasu_expected_wait_seconds 60\n"), "{text}");
}

#[tokio::test]
async fn a_server_with_versions_is_ready() {
    let server = Server::start().await;
    assert_eq!(server.get("/readyz").await.json()["status"], "ready");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let limits = Limits {
        rate: 1,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let from = |address: &'static str| {
        let peer: std::net::SocketAddr = address.parse().unwrap();
        let mut request = Request::get("/json/v1/latest.json")
            .body(Body::empty())
            .unwrap();
        request
            .extensions_mut()
            .insert(axum::extract::ConnectInfo(peer));
        request
    };
    for _ in 0..10 {
        assert_eq!(server.send(from("192.0.2.1:5")).await.status, 200);
    }
    let refused = server.send(from("192.0.2.1:6")).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(refused.json()["cause"], "too-often");
    assert_eq!(server.send(from("192.0.2.2:5")).await.status, 200);
    assert_eq!(server.get("/json/v1/latest.json").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits {
        body_time: std::time::Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let never = futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>();
    let request = Request::post("/api/v1/build").body(Body::from_stream(never));
    assert_eq!(server.send(request.unwrap()).await.status, 408);
}
