//! Answers kept ready: they are the same as ever, cost less, and end when they must.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;
use axum::http::Method;

use super::*;

const OVERVIEW: &str = "/json/v1/overview.json";

async fn build(server: &Server, detail: &str) {
    let lease = Duration::from_mins(1);
    let claim = server.api.store.claim("w", server.now(), lease).await;
    let claim = claim.unwrap().expect("a job to claim");
    let built = BuildAnswer {
        detail: detail.to_owned(),
        stdout: "make: nothing to be done\n".repeat(100),
        ..BuildAnswer::default()
    };
    let done = server.api.store.succeed(&claim, server.now(), &built).await;
    done.unwrap();
}

#[tokio::test]
async fn who_has_a_document_is_not_sent_it_again() {
    let server = Server::start().await;
    for path in [
        OVERVIEW,
        "/json/v1/latest.json",
        "/api/v1/revision/24.10.2/ath79/generic",
        "/json/v1/branches.json",
        "/json/v1/releases/24.10.2/targets/ath79/generic/index.json",
        "/json/v1/releases/24.10.2/targets/ath79/generic/tplink_archer-c7-v5.json",
        "/json/v1/releases/24.10.2/packages/mips_24kc-index.json",
    ] {
        let first = server.get(path).await;
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        let tag = first.header("etag");
        assert!(tag.starts_with('"'), "{path}: {tag}");
        let held = format!("\"other\", W/{tag}");
        let headers = [("if-none-match", held.as_str())];
        let again = server.ask(Method::GET, path, &headers).await;
        assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
        assert_eq!(again.header("etag"), tag);
    }
}

#[tokio::test]
async fn long_answers_are_packed_for_those_who_take_it() {
    let server = Server::start().await;
    let gzip = [("accept-encoding", "gzip, br")];
    let short = server.ask(Method::GET, "/json/v1/latest.json", &gzip).await;
    assert_eq!(short.header("content-encoding"), "");

    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    build(&server, "done").await;
    let path = format!("/api/v1/build/{}", hash.as_str().unwrap());
    let plain = server.get(&path).await;
    let packed = server.ask(Method::GET, &path, &gzip).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let vary = packed.headers.get_all("vary");
    assert!(vary.iter().any(|value| value == "accept-encoding"));
    assert_ne!(packed.header("etag"), plain.header("etag"));
    assert!(packed.bytes.len() < plain.bytes.len() / 2);
}

#[tokio::test]
async fn a_finished_answer_is_the_same_each_time_and_ends_when_it_expires() {
    let server = Server::start().await;
    let first = server.post(&wish()).await;
    assert_eq!(first.header("cache-control"), "no-store");
    build(&server, "the first").await;
    let other = wish_with("packages", json!(["htop", "luci"]));
    for wish in [wish(), wish(), other] {
        let answer = server.post(&wish).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-imagebuilder-status"), "done");
        assert_eq!(answer.json()["detail"], "the first");
    }

    server.pass(24 * 3600);
    assert_eq!(server.post(&wish()).await.status, 202);
    build(&server, "the second").await;
    assert_eq!(server.post(&wish()).await.json()["detail"], "the second");
}

#[tokio::test]
async fn a_known_body_of_another_type_is_still_refused() {
    let server = Server::start().await;
    server.post(&wish()).await;
    let request = Request::post("/api/v1/build").header("content-type", "text/plain");
    let request = request.body(Body::from(wish().to_string())).unwrap();
    assert_eq!(server.send(request).await.status, 422);
}

#[tokio::test]
async fn what_is_at_hand_has_the_headers_of_what_is_not() {
    let server = Server::start().await;
    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    build(&server, "done").await;
    let path = format!("/api/v1/build/{}", hash.as_str().unwrap());
    for method in [Method::GET, Method::HEAD] {
        for path in [OVERVIEW, path.as_str()] {
            // Neither a new document nor a new answer is at hand when it is first asked for.
            server.api.hot.forget();
            let headers = [
                ("accept-encoding", "gzip"),
                ("origin", "http://192.168.1.1"),
            ];
            let mut first = server.ask(method.clone(), path, &headers).await;
            let mut second = server.ask(method.clone(), path, &headers).await;
            for answer in [&mut first, &mut second] {
                assert!(answer.headers.remove("x-request-id").is_some());
                // For other methods the connection writes it.
                let length = answer.headers.remove("content-length");
                assert!(length.is_some() || method != Method::HEAD);
            }
            assert_eq!(first.headers, second.headers, "{method} {path}");
            assert_eq!(first.bytes, second.bytes);
        }
    }
}
