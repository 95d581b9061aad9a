//! Many clients at once, each with a connection of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, future, stream};
use reqwest::Client;
use serde_json::Value;

use crate::mirror::Health;
use crate::server::{Answer, Server, answer};
use crate::{Stage, wish};

/// As many as one test lets wait.
const LIMIT: [&str; 2] = ["--max-pending", "2000"];
/// Requests on their way at the same time, where there are very many.
const AT_ONCE: usize = 64;

async fn post_alone(server: &Server, wish: &Value) -> Answer {
    let url = format!("{}/api/v1/build", server.url);
    answer(Client::new().post(url).json(wish)).await
}

fn hash(answer: &Answer) -> String {
    answer.json()["request_hash"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_identical_requests_are_one_build() {
    let stage = Stage::open().await;
    let server = &stage.server;
    let wish = wish("24.10.2", &["luci", "htop"]);
    let asking = (0..100).map(|_| post_alone(server, &wish));
    let asked = future::join_all(asking).await;
    assert!(
        asked
            .iter()
            .all(|answer| matches!(answer.status, 200 | 202))
    );
    let hashes: BTreeSet<String> = asked.iter().map(hash).collect();
    assert_eq!(hashes.len(), 1);
    let hash = hashes.first().unwrap();
    let finished = future::join_all((0..100).map(|_| server.finished(hash))).await;
    let bodies: BTreeSet<&Vec<u8>> = finished.iter().map(|answer| &answer.body).collect();
    assert_eq!((finished[0].status, bodies.len()), (200, 1));
    assert_eq!(server.logged("build started"), 1);
    assert_eq!(server.logged("built"), 1);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_want_the_same_of_the_mirror_make_it_one_request() {
    let stage = Stage::open().await;
    let (server, mirror) = (&stage.server, &stage.mirror);
    let crowd = async |path: &str| {
        let asking = (0..50).map(|_| answer(Client::new().get(format!("{}{path}", server.url))));
        let answers = future::join_all(asking).await;
        let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.into_iter().collect::<Vec<u16>>()
    };
    let target = "releases/24.10.2/targets/ath79/generic";
    assert_eq!(crowd(&format!("/json/v1/{target}/index.json")).await, [200]);
    assert_eq!(mirror.asked(&format!("{target}/profiles.json")), 1);
    assert_eq!(mirror.asked(&format!("{target}/packages/index.json")), 1);
    // The mirror says that it has no snapshots.
    assert_eq!(
        crowd("/json/v1/snapshots/targets/ath79/generic/index.json").await,
        [404]
    );
    assert_eq!(mirror.asked("snapshots/.targets.json"), 1);
    let before = mirror.asked(".versions.json");
    let unknown = "/json/v1/releases/24.10.9/targets/ath79/generic/index.json";
    assert_eq!(crowd(unknown).await, [404]);
    assert!(mirror.asked(".versions.json") <= before + 1);
}

/// Holds the worker: the ImageBuilder sleeps on this package.
async fn occupy(server: &Server) -> String {
    let hash = hash(
        &server
            .post("/api/v1/build", &wish("24.10.2", &["slow"]))
            .await,
    );
    let path = format!("/api/v1/build/{hash}");
    while server.get(&path).await.header("x-imagebuilder-status") != "validate_manifest" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    hash
}

/// The place in the queue that each one's own poll tells.
async fn places(server: &Server, hashes: &[String]) -> Vec<u64> {
    let look = |hash: &String| {
        let path = format!("/api/v1/build/{hash}");
        async move { place(&server.get(&path).await) }
    };
    stream::iter(hashes.iter().map(look))
        .buffered(AT_ONCE)
        .collect()
        .await
}

fn place(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 202);
    let place = answer.json()["queue_position"].as_u64().unwrap();
    assert_eq!(answer.header("x-queue-position"), place.to_string());
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_requests_wait_in_order_and_survive_a_stop() {
    let stage = Stage::with(&LIMIT).await;
    let interrupted = occupy(&stage.server).await;
    let wishes: Vec<Value> = (0..2000)
        .map(|number| wish("24.10.2", &["luci", &format!("p{number}")]))
        .collect();
    let server = &stage.server;
    let posts = wishes.iter().map(|wish| server.post("/api/v1/build", wish));
    let asked: Vec<Answer> = stream::iter(posts).buffered(AT_ONCE).collect().await;
    let hashes: Vec<String> = asked.iter().map(hash).collect();
    // Nothing moves meanwhile, so each is still where it was told to be, and nobody shares a place.
    let told: Vec<u64> = asked.iter().map(place).collect();
    assert_eq!(places(server, &hashes).await, told);
    let taken: BTreeSet<u64> = told.iter().copied().collect();
    assert!(taken.into_iter().eq(0..2000));
    let full = server
        .post("/api/v1/build", &wish("24.10.2", &["one-too-many"]))
        .await;
    assert_eq!(full.status, 529);
    assert!(full.header("retry-after").parse::<u32>().is_ok());

    let stage = stage.restarted(Health::Well, &LIMIT).await;
    let server = &stage.server;
    let taken_up = format!("/api/v1/build/{interrupted}");
    while server.get(&taken_up).await.json()["detail"] != "started" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(places(server, &hashes).await, told);
    stage.server.stop().await;
}
