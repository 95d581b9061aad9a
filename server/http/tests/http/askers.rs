//! How many unfinished builds an address may have asked for.

use std::net::SocketAddr;
use std::time::Duration;

use asu_http::Limits;
use asu_protocol::build::{BuildAnswer, REBUILD_CLIENT};
use axum::extract::ConnectInfo;

use super::*;

async fn server() -> Server {
    Server::with(Limits {
        pending_per_address: 3,
        pending_per_device: 2,
        ..Limits::default()
    })
    .await
}

/// A wish for another image of the device, or of another one.
fn wanted(package: &str, filesystem: &str) -> Value {
    let mut wish = wish_with("packages", json!([package]));
    wish["filesystem"] = json!(filesystem);
    wish
}

impl Server {
    async fn post_from(&self, address: &str, path: &str, body: &Value) -> Answer {
        let mut request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let peer: SocketAddr = format!("{address}:9").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        self.send(request).await
    }

    async fn build_from(&self, address: &str, package: &str) -> u16 {
        let wish = wanted(package, "squashfs");
        let answer = self.post_from(address, "/api/v1/build", &wish).await;
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after"), "60");
            assert_eq!(answer.json()["cause"], "too-many-builds");
        }
        answer.status.as_u16()
    }

    /// A worker ends the build that waits for longest.
    async fn finish_one(&self) {
        let (store, now) = (&self.api.store, self.now());
        let claim = store.claim("w", now, Duration::from_mins(1)).await;
        let claim = claim.unwrap().unwrap();
        let answer = BuildAnswer::default();
        store.succeed(&claim, now, &answer).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_waits_for_its_builds_and_nobody_else_does() {
    let server = server().await;
    for package in ["a", "b"] {
        assert_eq!(server.build_from("192.0.2.1", package).await, 202);
    }
    assert_eq!(server.build_from("192.0.2.1", "c").await, 429);
    assert_eq!(
        server.build_from("192.0.2.1", "a").await,
        202,
        "known already"
    );
    assert_eq!(server.build_from("192.0.2.2", "c").await, 202);
    assert_eq!(server.build_from("192.0.2.1", "c").await, 202, "a join");
    assert_eq!(
        server.build_from("127.0.0.1", "d").await,
        202,
        "this machine"
    );
    assert_eq!(server.build_from("192.0.2.1", "e").await, 429);
    server.finish_one().await;
    assert_eq!(server.build_from("192.0.2.1", "e").await, 202);
    assert_eq!(server.build_from("192.0.2.1", "f").await, 429);
}

#[tokio::test]
async fn devices_of_one_address_are_told_apart_up_to_its_own_limit() {
    let limits = Limits {
        pending_per_address: 3,
        pending_per_device: 0,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    for package in ["a", "b", "c"] {
        assert_eq!(server.build_from("192.0.2.1", package).await, 202);
    }
    assert_eq!(server.build_from("192.0.2.1", "d").await, 429);
}

#[tokio::test]
async fn what_was_refused_by_a_full_queue_does_not_count() {
    let server = Server::with(Limits {
        max_pending: 1,
        pending_per_device: 2,
        ..Limits::default()
    })
    .await;
    assert_eq!(server.build_from("192.0.2.2", "x").await, 202);
    for package in ["a", "b", "c"] {
        assert_eq!(server.build_from("192.0.2.1", package).await, 529);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_counted_as_well() {
    let server = Arc::new(server().await);
    let asking = (0..20).map(|n| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.build_from("192.0.2.1", &format!("p{n}")).await })
    });
    let mut accepted = 0;
    for asked in asking.collect::<Vec<_>>() {
        accepted += u32::from(asked.await.unwrap() == 202);
    }
    assert_eq!((accepted, server.pending().await), (2, 2));
}

#[tokio::test]
async fn the_api_of_2017_counts_too_in_its_own_words() {
    let server = server().await;
    for (package, status) in [("a", 202), ("b", 202), ("c", 503)] {
        let wish = json!({"version": "24.10.2", "target": "ath79", "subtarget": "generic",
            "board": "tplink,archer-c7-v5", "packages": [package]});
        let answer = server
            .post_from("192.0.2.1", "/api/upgrade-request", &wish)
            .await;
        assert_eq!(answer.status, status, "{package}: {answer:?}");
    }
}

#[tokio::test]
async fn who_asks_for_many_does_not_keep_others_waiting() {
    let limits = Limits {
        pending_per_address: 0,
        pending_per_device: 0,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let position = async |address: &str, package: &str, client: &str| {
        let mut wish = wanted(package, "squashfs");
        wish["client"] = json!(client);
        let answer = server.post_from(address, "/api/v1/build", &wish).await;
        answer.json()["queue_position"].as_u64().unwrap()
    };
    for number in 0..20 {
        let last = position("192.0.2.1", &format!("many-{number}"), "owut/1").await;
        assert_eq!(last, number);
    }
    assert_eq!(position("192.0.2.2", "mine", "owut/1").await, 1);
    // Who joins what another asked for last waits no longer, also with the very same bytes.
    assert_eq!(position("192.0.2.3", "many-19", "owut/1").await, 1);
    assert_eq!(position("192.0.2.1", "many-18", "owut/1").await, 20);
    // A comparison goes behind all.
    assert_eq!(position("192.0.2.4", "check", REBUILD_CLIENT).await, 21);
    assert_eq!(position("192.0.2.5", "person", "owut/1").await, 3);
}
