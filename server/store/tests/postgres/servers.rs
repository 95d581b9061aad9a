//! Several servers on one PostgreSQL: news of jobs, and starting together.

use std::time::Duration;

use asu_store::{Database, Policy, Store, StoreError};
use jiff::Timestamp;
use sqlx::postgres::PgPool;
use tokio::time::timeout;

/// Longer than any news takes; shorter than nothing else here.
const PATIENCE: Duration = Duration::from_secs(20);

async fn open(address: &str) -> Store {
    let database = address.parse().unwrap();
    Store::open(&database, Policy::default()).await.unwrap()
}

async fn queue(store: &Store, package: &str) {
    let wish = serde_json::from_value(serde_json::json!({
        "version": "24.10.2", "target": "ath79/generic", "profile": "p", "packages": [package],
    }));
    let now = Timestamp::UNIX_EPOCH;
    store.enqueue(&wish.unwrap(), now, 100).await.unwrap();
}

async fn claim(store: &Store) -> Option<asu_store::Claim> {
    let lease = Duration::from_mins(1);
    let claimed = store.claim("w", Timestamp::UNIX_EPOCH, lease).await;
    claimed.unwrap()
}

async fn news(store: &Store) {
    timeout(PATIENCE, store.wake().notified())
        .await
        .expect("news of a job");
}

async fn no_news(store: &Store) {
    let wake = store.wake();
    let none = timeout(Duration::from_millis(300), wake.notified()).await;
    assert!(none.is_err(), "there is no news");
}

#[tokio::test]
async fn a_job_queued_at_one_server_is_news_at_the_other() {
    let address = asu_test_postgres::database();
    let (here, there) = (open(&address).await, open(&address).await);
    no_news(&here).await;
    queue(&there, "a").await;
    news(&here).await;
    // A known request is none.
    queue(&there, "a").await;
    no_news(&here).await;
}

#[tokio::test]
async fn a_worker_that_looks_and_then_waits_misses_nothing() {
    let address = asu_test_postgres::database();
    let (here, there) = (open(&address).await, open(&address).await);
    assert_eq!(claim(&here).await, None);
    queue(&there, "a").await;
    // The news comes while nobody waits for it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    news(&here).await;
    let claimed = claim(&here).await.unwrap();
    // A job given back is news, too.
    no_news(&here).await;
    let now = Timestamp::UNIX_EPOCH;
    there.hand_back(&claimed.lease, now).await.unwrap();
    news(&here).await;
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_is_news() {
    let address = asu_test_postgres::database();
    let (here, there) = (open(&address).await, open(&address).await);
    let hangman = PgPool::connect(&address).await.unwrap();
    let hang = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let hanged: i64 = sqlx::query_scalar(hang).fetch_one(&hangman).await.unwrap();
    assert_eq!(hanged, 2);
    queue(&there, "missed").await;
    news(&here).await;
    // Should it have been heard after all.
    let _ = timeout(Duration::from_millis(300), here.wake().notified()).await;
    queue(&there, "heard").await;
    news(&here).await;
}

#[tokio::test]
async fn a_database_that_was_away_is_used_again_without_a_restart() {
    let address = asu_test_postgres::database();
    let store = open(&address).await;
    queue(&store, "a").await;
    news(&store).await;
    let (elsewhere, name) = elsewhere(&address);
    let operator = PgPool::connect(&elsewhere).await.unwrap();
    let run = async |statement: String| sqlx::query(&statement).execute(&operator).await.unwrap();

    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    let hang = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
    run(format!("{hang} '{name}'")).await;
    let refused = store.load(Timestamp::UNIX_EPOCH).await;
    assert!(
        matches!(refused, Err(StoreError::Database(_))),
        "{refused:?}"
    );

    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    news(&store).await;
    assert!(claim(&store).await.is_some());
}

/// The same server's database for operators, and the name of the one at `address`.
fn elsewhere(address: &str) -> (String, String) {
    let name = address.trim_start_matches("postgres:///");
    let (name, options) = name.split_once('?').unwrap();
    (format!("postgres:///postgres?{options}"), name.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_together_bring_the_form_up_to_date_once() {
    let address = asu_test_postgres::database();
    let opening: Vec<_> = (0..4)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { open(&address).await })
        })
        .collect();
    for store in opening {
        queue(&store.await.unwrap(), "a").await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let address = asu_test_postgres::database().replace("/test", "/absent");
    let absent: Database = format!("{address}&password=secret").parse().unwrap();
    let refused = Store::open(&absent, Policy::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Closed { .. }), "{refused:?}");
    let told = refused.to_string();
    assert!(
        told.contains("absent") && told.contains("--database"),
        "{told}"
    );
    assert!(!format!("{told}{refused:?}").contains("secret"), "{told}");
}
