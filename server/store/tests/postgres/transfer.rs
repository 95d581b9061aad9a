//! Everything copied from one kind of database to the other, and back.

use std::collections::BTreeSet;
use std::time::Duration;

use asu_protocol::build::{BuildAnswer, Rebuild};
use asu_store::{Claim, Database, Form, Policy, Store, image_folders, migrate, snapshot};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use tempfile::TempDir;

/// More than one statement writes.
const REQUESTS: i64 = 150;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

async fn open(database: &Database) -> Store {
    Store::open(database, Policy::default()).await.unwrap()
}

fn postgres() -> Database {
    asu_test_postgres::database().parse().unwrap()
}

fn sqlite(folder: &TempDir, name: &str) -> Database {
    Database::file(&folder.path().join(name)).unwrap()
}

async fn claim(store: &Store, second: i64) -> Claim {
    let claimed = store.claim("w", at(second), Duration::from_mins(1)).await;
    claimed.unwrap().expect("a job to claim")
}

/// Puts rows into every table; a build is under way until a minute later.
async fn fill(database: &Database) {
    let store = open(database).await;
    for number in 0..REQUESTS {
        let request = serde_json::json!({"version": "24.10.2", "target": "ath79/generic",
            "profile": "p", "packages": [format!("package-{number}")], "defaults": "a\u{0}b"});
        let request = serde_json::from_value(request).unwrap();
        store.enqueue(&request, at(0), 1000).await.unwrap();
    }
    let built = claim(&store, 0).await;
    let hash = built.lease.request_hash().to_owned();
    let answer = BuildAnswer {
        detail: "done".to_owned(),
        bin_dir: format!("{hash}-1"),
        build_at: at(1).to_string(),
        ..BuildAnswer::default()
    };
    store.succeed(&built, at(1), &answer).await.unwrap();
    store.keep_image("image", "manifest", &hash).await.unwrap();
    let verdict = Rebuild {
        server: "local".to_owned(),
        same: true,
        ..Rebuild::default()
    };
    assert!(
        store
            .keep_rebuild(&hash, &answer, &verdict, at(2))
            .await
            .unwrap()
    );
    let failed = claim(&store, 1).await;
    let answer = BuildAnswer {
        detail: "No space".to_owned(),
        ..BuildAnswer::default()
    };
    store.fail(&failed, at(2), &answer).await.unwrap();
    let under_way = claim(&store, 2).await;
    assert!(
        store
            .wait_for(under_way.lease.request_hash(), "asker")
            .await
            .unwrap()
    );
    store
        .keep_check("check", "{}", at(0), Duration::from_hours(1))
        .await
        .unwrap();
    store.count_requests(at(0), 3, 1).await.unwrap();
    store.count_download(at(0)).await.unwrap();
    store
        .add_token("attic", "ab", &"*".parse().unwrap(), at(0))
        .await
        .unwrap();
    store.worker_seen("attic", at(0)).await.unwrap();
    store
        .hold_duty("scale", "attic", at(0), Duration::from_mins(1))
        .await
        .unwrap();
    store.close().await;
}

/// All rows of all tables, in an order that is the same everywhere.
async fn contents(database: &Database, address: &str) -> BTreeSet<(String, String)> {
    assert_eq!(Form::of(database).await.unwrap(), Form::Current);
    let pool = AnyPool::connect(address).await.unwrap();
    let form = TempDir::new().unwrap();
    let form = sqlite(&form, "form");
    open(&form).await.close().await;
    let names = AnyPool::connect(&address_of(&form)).await.unwrap();
    let tables = sqlx::query(
        "SELECT t.name, group_concat('\"' || c.name || '\"', ', ' ORDER BY c.name)
         FROM sqlite_master AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE '%sqlx%' GROUP BY t.name",
    );
    let mut contents = BTreeSet::new();
    for table in tables.fetch_all(&names).await.unwrap() {
        let (name, columns): (String, String) = (table.get(0), table.get(1));
        let rows = sqlx::query(&format!("SELECT {columns} FROM {name}"))
            .fetch_all(&pool)
            .await;
        let rows = rows.unwrap();
        // What ends is counted before it is copied.
        let is_filled = !rows.is_empty() || name == "ends";
        assert!(is_filled, "{name} has no row: fill it here, too");
        contents.extend(rows.iter().map(|row| (name.clone(), shown(row))));
    }
    pool.close().await;
    contents
}

fn shown(row: &AnyRow) -> String {
    let value = |column: usize| match row.try_get::<Option<i64>, _>(column) {
        Ok(number) => number.map(|number| number.to_string()),
        Err(_) => row.get::<Option<String>, _>(column),
    };
    let values: Vec<_> = (0..row.len()).map(value).collect();
    format!("{values:?}")
}

fn address_of(file: &Database) -> String {
    format!("sqlite:{}", file.path().unwrap().display())
}

#[tokio::test]
async fn everything_goes_to_postgresql_and_back() {
    let folder = TempDir::new().unwrap();
    let address = asu_test_postgres::database();
    let (here, there) = (sqlite(&folder, "here"), address.parse().unwrap());
    fill(&here).await;
    // As an older version wrote it.
    let pool = AnyPool::connect(&address_of(&here)).await.unwrap();
    let failure = "UPDATE builds SET detail = 'No' || char(0) || 'space' WHERE state = 'failed'";
    sqlx::query(failure).execute(&pool).await.unwrap();
    pool.close().await;
    let counts = migrate(&here, &there, at(100)).await.unwrap();
    assert_eq!(counts["jobs"], REQUESTS);
    let moved = contents(&there, &address).await;
    let total: i64 = counts.values().sum();
    assert_eq!(i64::try_from(moved.len()).unwrap(), total);
    // Text of PostgreSQL has no NUL.
    let first = contents(&here, &address_of(&here)).await;
    assert!(first.iter().any(|(_, row)| row.contains("\\0")));
    let first: BTreeSet<_> = first
        .into_iter()
        .map(|(table, row)| (table, row.replace("\\0", "")))
        .collect();
    assert_eq!(first, moved);
    let back = sqlite(&folder, "back");
    assert_eq!(migrate(&there, &back, at(100)).await.unwrap(), counts);
    assert_eq!(contents(&back, &address_of(&back)).await, moved);
    works_on(&there, 200).await;
    works_on(&back, 200).await;
}

/// A server goes on where the other ended: with the lease that has ended, and counting builds.
async fn works_on(database: &Database, second: i64) {
    let store = open(database).await;
    let before = store.built_since(at(0)).await.unwrap();
    let next = claim(&store, second).await;
    let answer = BuildAnswer {
        detail: "done".to_owned(),
        ..BuildAnswer::default()
    };
    store.succeed(&next, at(second), &answer).await.unwrap();
    assert_eq!(store.built_since(at(0)).await.unwrap(), before + 1);
    store.close().await;
}

async fn refused(from: &Database, to: &Database, second: i64) -> String {
    migrate(from, to, at(second)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn nothing_is_copied_while_somebody_works() {
    let folder = TempDir::new().unwrap();
    let (full, other) = (sqlite(&folder, "full"), postgres());
    fill(&full).await;
    let told = refused(&full, &other, 3).await;
    assert!(
        told.contains("1 builds are under way") && told.contains("stop"),
        "{told}"
    );
    assert_eq!(
        Form::of(&other).await.unwrap(),
        Form::Empty,
        "and nothing was done"
    );
    let server = open(&other).await;
    let told = refused(&full, &other, 100).await;
    assert!(
        told.contains("sessions use") && told.contains("stop"),
        "{told}"
    );
    server.close().await;
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let folder = TempDir::new().unwrap();
    let (full, other) = (sqlite(&folder, "full"), sqlite(&folder, "other"));
    fill(&full).await;
    let store = open(&other).await;
    store
        .add_token("attic", "cd", &"*".parse().unwrap(), at(0))
        .await
        .unwrap();
    store.close().await;
    let told = refused(&full, &other, 100).await;
    assert!(told.contains("1 rows in worker_tokens"), "{told}");
    let tokens = open(&other).await.tokens().await.unwrap();
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_database_of_another_version_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (sqlite(&folder, "old"), sqlite(&folder, "new"));
    open(&old).await.close().await;
    let pool = AnyPool::connect(&address_of(&old)).await.unwrap();
    let last =
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(last).execute(&pool).await.unwrap();
    assert_eq!(Form::of(&old).await.unwrap(), Form::Older);
    let told = refused(&old, &new, 0).await;
    assert!(told.contains("another version"), "{told}");
    let newer = "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1";
    sqlx::query(newer).execute(&pool).await.unwrap();
    assert_eq!(Form::of(&old).await.unwrap(), Form::Unknown);
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment_while_servers_go_on() {
    let folder = TempDir::new().unwrap();
    for (name, database) in [("a", sqlite(&folder, "jobs")), ("b", postgres())] {
        let store = open(&database).await;
        let working = tokio::spawn(work(store.clone()));
        while store.built_since(at(0)).await.unwrap() < 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let counts = snapshot(&database, &folder.path().join(name))
            .await
            .unwrap();
        assert!(!working.is_finished(), "it goes on");
        working.abort();
        // Each build that ended was counted by the same statement.
        assert!(counts["builds"] >= 20);
        assert!(
            !folder.path().join(format!("{name}-wal")).exists(),
            "one file is all"
        );
        let ended = image_folders(&sqlite(&folder, name)).await.unwrap().len();
        assert_eq!(i64::try_from(ended).unwrap(), counts["builds"]);
    }
}

/// Asks for builds and makes them until it is aborted.
async fn work(store: Store) {
    for number in 0.. {
        let request = serde_json::json!({"version": "24.10.2", "target": "ath79/generic",
            "profile": "p", "packages": [format!("package-{number}")]});
        let request = serde_json::from_value(request).unwrap();
        store.enqueue(&request, at(number), 1000).await.unwrap();
        let built = claim(&store, number).await;
        let answer = BuildAnswer {
            bin_dir: format!("{}-1", built.lease.request_hash()),
            ..BuildAnswer::default()
        };
        store.succeed(&built, at(number), &answer).await.unwrap();
    }
}

#[tokio::test]
async fn of_a_copy_only_builds_with_images_are_kept_and_none_is_under_way() {
    let folder = TempDir::new().unwrap();
    let database = sqlite(&folder, "jobs");
    fill(&database).await;
    let store = open(&database).await;
    assert_eq!(store.release_all(at(3)).await.unwrap(), 1);
    assert_eq!(store.load(at(3)).await.unwrap().building, 0);
    let folders = image_folders(&database).await.unwrap();
    assert_eq!(store.keep_only(&folders).await.unwrap(), 0);
    let [folder] = folders.iter().collect::<Vec<_>>()[..] else {
        panic!("{folders:?}")
    };
    let hash = folder.trim_end_matches("-1");
    assert!(store.job(hash, at(3)).await.unwrap().is_some());
    assert_eq!(store.keep_only(&BTreeSet::new()).await.unwrap(), 1);
    assert_eq!(store.job(hash, at(3)).await.unwrap(), None);
}
