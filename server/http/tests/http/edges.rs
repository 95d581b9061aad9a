//! What holds for every answer, above all for errors.

use axum::http::Method;

use super::*;

#[tokio::test]
async fn every_answer_may_be_read_by_any_page() {
    let server = Server::with(Limits {
        max_pending: 1,
        max_body: 2048,
        ..Limits::default()
    })
    .await;
    server.post(&wish()).await;
    let answers = [
        (200, server.get("/json/v1/overview.json").await),
        (301, server.get("/api/v1/overview").await),
        (301, server.get("//overview").await),
        (404, server.get("/nothing").await),
        (404, server.get("/api/v1/build/0").await),
        (405, server.ask(Method::DELETE, "/api/v1/build", &[]).await),
        (405, server.ask(Method::POST, "/api/v1/build/0", &[]).await),
        (
            413,
            server.post(&wish_with("defaults", "x".repeat(4096))).await,
        ),
        (422, server.post(&json!({})).await),
        (400, server.post(&wish_with("version", "1.0")).await),
        (
            500,
            server.post(&wish_with("version", upstream::DOWN)).await,
        ),
        (
            500,
            server.post(&wish_with("version", upstream::PANIC)).await,
        ),
        (529, server.post(&wish_with("packages", json!(["a"]))).await),
        (503, server.get("/healthz").await),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "*",
            "{answer:?}"
        );
        let exposed = answer
            .header("access-control-expose-headers")
            .to_lowercase();
        assert!(exposed.contains("x-imagebuilder-status") && exposed.contains("x-queue-position"));
        assert!(!answer.header("x-request-id").is_empty());
        if status >= 400 {
            assert_eq!(answer.json()["status"], status, "{answer:?}");
            assert!(answer.json()["cause"].is_string());
        }
    }
}

#[tokio::test]
async fn a_browser_may_ask_beforehand() {
    let server = Server::start().await;
    for path in [
        "/api/v1/build",
        "/api/v1/overview",
        "/store/x/y",
        "/nothing",
    ] {
        let headers = [
            ("origin", "https://192.168.1.1"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        let answer = server.ask(Method::OPTIONS, path, &headers).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-allow-methods")
                .contains("POST")
        );
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        assert!(allowed.contains("content-type"));
    }
}

#[tokio::test]
async fn faults_of_ours_are_not_told_to_clients() {
    let server = Server::start().await;
    let down = server.post(&wish_with("version", upstream::DOWN)).await;
    assert_eq!(down.json()["cause"], "upstream");
    let panic = server.post(&wish_with("version", upstream::PANIC)).await;
    assert_eq!(panic.json()["cause"], "internal");
    for answer in [down, panic] {
        let text = String::from_utf8(answer.bytes).unwrap();
        assert!(
            !text.contains("secret") && !text.contains("invented"),
            "{text}"
        );
    }
    assert_eq!(
        server.post(&wish()).await.status,
        202,
        "and the server lives on"
    );
}

#[tokio::test]
async fn health_depends_on_the_worker() {
    let server = Server::start().await;
    server.api.pulse.beat(server.now());
    let well = server.get("/healthz").await;
    assert_eq!(
        well.json(),
        json!({"status": "ok", "queue_length": 0, "building": 0})
    );
    server.pass(121);
    let silent = server.get("/healthz").await;
    assert_eq!(silent.status, 503);
    assert!(silent.json()["detail"].as_str().unwrap().contains("worker"));
}
