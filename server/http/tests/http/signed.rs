//! Signatures of answers.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;
use asu_signing::{PublicKey, SecretKey, Signer, detached};

use super::*;

fn key() -> SecretKey {
    SecretKey::new(&[5; 32], [7; 8])
}

async fn signing() -> Server {
    let mut server = Server::start().await;
    server.api.signer = Some(Arc::new(Signer::new(key())));
    server.router = asu_http::router(server.api.clone());
    server
}

/// The path of a build's answer, before and after the build.
async fn finish(server: &Server) -> String {
    let asked = server.post(&wish()).await.json();
    let (store, now) = (&server.api.store, server.now());
    let claim = store.claim("w", now, Duration::from_mins(1)).await.unwrap();
    let answer = BuildAnswer::default();
    store.succeed(&claim.unwrap(), now, &answer).await.unwrap();
    format!("/api/v1/build/{}", asked["request_hash"].as_str().unwrap())
}

#[tokio::test]
async fn the_signature_is_of_the_bytes_that_were_sent() {
    let server = signing().await;
    let path = finish(&server).await;
    let public: PublicKey = key().public_text("").parse().unwrap();
    for _ in 0..2 {
        let signature = server.get(&format!("{path}.sig")).await;
        assert_eq!(signature.status, 200);
        assert_eq!(
            signature.header("content-type"),
            "text/plain; charset=utf-8"
        );
        let signature = String::from_utf8(signature.bytes).unwrap();
        // The first of these is made for the asker, the second one is kept ready.
        for _ in 0..2 {
            let answer = server.get(&path).await;
            detached(&public, &answer.bytes, &signature).unwrap();
            let other = answer.bytes.to_ascii_uppercase();
            assert!(detached(&public, &other, &signature).is_err());
        }
        server.api.hot.forget();
    }
}

#[tokio::test]
async fn only_what_is_finished_is_signed_and_only_with_a_key() {
    let server = signing().await;
    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    let path = format!("/api/v1/build/{}.sig", hash.as_str().unwrap());
    let queued = server.get(&path).await;
    assert_eq!(
        (queued.status.as_u16(), &queued.json()["cause"]),
        (404, &json!("unsigned"))
    );
    let unknown = server
        .get(&format!("/api/v1/build/{}.sig", "0".repeat(64)))
        .await;
    assert_eq!(unknown.json()["cause"], "unknown-request");

    let server = Server::start().await;
    let path = finish(&server).await;
    let unsigned = server.get(&format!("{path}.sig")).await;
    assert_eq!(
        (unsigned.status.as_u16(), &unsigned.json()["cause"]),
        (404, &json!("unsigned"))
    );
}
