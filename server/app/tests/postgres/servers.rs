//! Several servers, each with a folder of its own, on one PostgreSQL.

use std::time::Duration;

use asu_server::Pace;
use asu_store::{Database, Policy, Store};
use jiff::Timestamp;
use tempfile::TempDir;

use super::site::workshop::Workshop;
use super::site::{PATIENCE, Server, pace};

/// A server and what it builds with.
struct Member {
    data: TempDir,
    workshop: Workshop,
    server: Server,
}

/// Two servers whose workers look by themselves once an hour only: they live by the news.
async fn two() -> [Member; 2] {
    let address = asu_test_postgres::database();
    let pace = Pace {
        idle: Duration::from_hours(1),
        ..pace()
    };
    let first = member(&address, pace.clone()).await;
    [first, member(&address, pace).await]
}

async fn member(address: &str, pace: Pace) -> Member {
    let (data, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let database: Database = address.parse().unwrap();
    let server = Server::on(Some(database), data.path(), &workshop, pace).await;
    Member {
        data,
        workshop,
        server,
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_asked_at_one_is_built_by_whoever_is_free_and_known_to_both() {
    let [here, there] = two().await;
    let running = || here.workshop.running() + there.workshop.running();
    let (_, first) = here.server.post(&["slow"]).await;
    until("the first build begins", || running() == 1).await;
    // Asked once more at the other, it is the same.
    let (_, same) = there.server.post(&["slow"]).await;
    assert_eq!(same["request_hash"], first["request_hash"]);
    // The one that is free is told of the next, wherever it is asked.
    here.server.post(&["slow", "second"]).await;
    until("both build", || running() == 2).await;
    for member in [&here, &there] {
        assert_eq!(member.workshop.most_at_once(), 1);
        member.workshop.finish_one();
    }
    let hash = first["request_hash"].as_str().unwrap();
    let done = |status: reqwest::StatusCode, _: &serde_json::Value| status == 200;
    let (_, one) = here.server.wait(hash, done).await;
    let (_, other) = there.server.wait(hash, done).await;
    assert_eq!(one, other, "both give the same answer");
    assert_eq!(here.workshop.begun() + there.workshop.begun(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_starts_does_not_take_the_jobs_of_another() {
    let address = asu_test_postgres::database();
    let first = member(&address, pace()).await;
    let (_, asked) = first.server.post(&["slow"]).await;
    until("the build begins", || first.workshop.running() == 1).await;
    let second = member(&address, pace()).await;
    // Long enough for a lease to end that nobody extends.
    tokio::time::sleep(pace().lease * 2).await;
    first.workshop.finish_one();
    let hash = asked["request_hash"].as_str().unwrap();
    second.server.wait(hash, |status, _| status == 200).await;
    assert_eq!((first.workshop.begun(), second.workshop.begun()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn images_go_even_if_another_server_has_forgotten_their_job() {
    let address = asu_test_postgres::database();
    let owner = member(&address, pace()).await;
    let (_, built) = owner.server.build(&["luci"]).await;
    let hash = built["request_hash"].as_str().unwrap();
    let folder = built["bin_dir"].as_str().unwrap();
    let folder = owner.data.path().join("store").join(folder);
    assert!(folder.exists());

    let other = member(&address, pace()).await;
    other.server.pass(25 * 3600);
    let database = address.parse().unwrap();
    let store = Store::open(&database, Policy::default()).await.unwrap();
    while store.job(hash, Timestamp::now()).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(folder.exists());
    owner.server.pass(25 * 3600);
    until("the images go", || !folder.exists()).await;
}
