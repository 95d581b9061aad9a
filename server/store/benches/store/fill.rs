//! Many rows at once, by statements of this bench's own.

use asu_protocol::build::BuildRequest;
use asu_store::request_hash;
use sqlx::{AnyConnection, Connection, Executor};

use crate::place::{Kind, Place, answer, request};

/// How many rows a statement adds.
const CHUNK: u32 = 1000;
/// Later than any answer is asked for, milliseconds since 1970.
const LATE: i64 = 4_000_000_000_000;

/// Adds `count` different jobs in a state, `queued` or `done`; tells each thousandth of their requests.
pub(crate) async fn rows(place: &Place, count: u32, state: &str) -> Vec<BuildRequest> {
    let mut connection = AnyConnection::connect(&place.address).await.unwrap();
    if place.kind == Kind::Sqlite {
        // Until the store opens it, and brings its own settings.
        let loose =
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000";
        connection.execute(loose).await.unwrap();
    }
    let mut all = connection.begin().await.unwrap();
    let mut known = Vec::new();
    for first in (1..count).step_by(CHUNK as usize) {
        let wish = request(&format!("known-{first}"));
        let hash = format!("'{}'", request_hash(&wish));
        insert(&mut all, &wish, &hash, (first, first), state).await;
        let (others, last) = (request("package-NUMBER"), first + CHUNK - 1);
        insert(
            &mut all,
            &others,
            any_hash(place.kind),
            (first + 1, last),
            state,
        )
        .await;
        known.push(wish);
    }
    all.commit().await.unwrap();
    let settle = match place.kind {
        Kind::Sqlite => "ANALYZE",
        // A server does so by itself after a while.
        Kind::Postgres => "VACUUM ANALYZE",
    };
    connection.execute(settle).await.unwrap();
    connection.close().await.unwrap();
    known
}

/// As spread as digests are.
fn any_hash(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "lower(hex(randomblob(32)))",
        Kind::Postgres => "encode(sha256(convert_to(i::text, 'UTF8')), 'hex')",
    }
}

async fn insert(
    connection: &mut AnyConnection,
    wish: &BuildRequest,
    hash: &str,
    (first, last): (u32, u32),
    state: &str,
) {
    let end = if state == "done" {
        "$4, $5, 1, 2"
    } else {
        "NULL, NULL, NULL, NULL"
    };
    let sql = format!(
        "INSERT INTO jobs (request_hash, request, state, stage, place, turn, target, enqueued_at,
            not_before, log, answer, expires_at, started_at, finished_at)
         WITH RECURSIVE numbers (i) AS
            (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < $2)
         SELECT {hash}, replace($3, 'NUMBER', CAST(i AS TEXT)), '{state}', '{state}', i, i / 10,
            'ath79/generic', 0, 0, '2026-01-01T00:00:00Z queued', {end}
         FROM numbers"
    );
    let mut query = sqlx::query(&sql)
        .bind(i64::from(first))
        .bind(i64::from(last))
        .bind(serde_json::to_string(wish).unwrap());
    if state == "done" {
        query = query
            .bind(serde_json::to_string(&answer()).unwrap())
            .bind(LATE);
    }
    query.execute(connection).await.unwrap();
}
