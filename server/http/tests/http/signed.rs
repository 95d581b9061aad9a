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

#[tokio::test]
async fn the_key_that_signs_is_handed_out() {
    let server = signing().await;
    let path = finish(&server).await;
    let key = server.get("/api/v1/public-key").await;
    assert_eq!(key.header("content-type"), "text/plain; charset=utf-8");
    let public: PublicKey = String::from_utf8(key.bytes).unwrap().parse().unwrap();
    let signature = server.get(&format!("{path}.sig")).await.bytes;
    let signature = String::from_utf8(signature).unwrap();
    let answer = server.get(&path).await;
    detached(&public, &answer.bytes, &signature).unwrap();
    let overview = server.get("/json/v1/overview.json").await.json();
    assert_eq!(
        overview["server"]["signing_key"],
        public.number().to_string()
    );

    let server = Server::start().await;
    let none = server.get("/api/v1/public-key").await;
    assert_eq!(
        (none.status.as_u16(), &none.json()["cause"]),
        (404, &json!("unsigned"))
    );
    let overview = server.get("/json/v1/overview.json").await.json();
    assert!(overview["server"].get("signing_key").is_none());
}

#[tokio::test]
async fn a_verdict_is_part_of_the_answer_and_of_what_is_signed() {
    let server = signing().await;
    let path = finish(&server).await;
    let before = server.get(&path).await;
    assert!(before.json().get("rebuilds").is_none());
    let verdict = asu_protocol::build::Rebuild {
        server: "https://other.example".to_owned(),
        same: true,
        ..Default::default()
    };
    let (store, now) = (&server.api.store, server.now());
    let hash = path.rsplit('/').next().unwrap();
    let answer = BuildAnswer::default();
    let kept = store.keep_rebuild(hash, &answer, &verdict, now);
    assert!(kept.await.unwrap());
    server.api.hot.forget_answers();
    for asked in [server.post(&wish()).await, server.get(&path).await] {
        assert_eq!(
            asked.json()["rebuilds"],
            json!([{"server": "https://other.example", "same": true, "at": "2023-11-14T22:13:20Z"}])
        );
        assert_ne!(asked.header("etag"), before.header("etag"));
        let signature = server.get(&format!("{path}.sig")).await.bytes;
        let public: PublicKey = key().public_text("").parse().unwrap();
        detached(
            &public,
            &asked.bytes,
            &String::from_utf8(signature).unwrap(),
        )
        .unwrap();
    }
}
