//! Databases to measure in, and what is kept in them.

use std::collections::BTreeMap;
use std::time::Duration;

use asu_protocol::build::{BuildAnswer, BuildRequest};
use asu_store::{Policy, Store};
use tempfile::TempDir;

/// A folder that is on a disk everywhere; `/tmp` may be in memory.
const DISK: &str = "/var/tmp";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file.
    Sqlite,
    /// A server with the settings of a plain installation.
    Postgres,
}

impl Kind {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A database of a measurement's own; its file goes with it.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) address: String,
    _dir: TempDir,
}

impl Place {
    /// One with tables and no rows.
    pub(crate) async fn new(kind: Kind) -> Self {
        let dir = tempfile::tempdir_in(DISK).unwrap();
        let address = match kind {
            Kind::Sqlite => format!("sqlite:{}", dir.path().join("jobs").display()),
            Kind::Postgres => asu_test_postgres::durable_database(),
        };
        let place = Self {
            kind,
            address,
            _dir: dir,
        };
        place.open().await.close().await;
        place
    }

    /// The store in it.
    pub(crate) async fn open(&self) -> Store {
        let database = self.address.parse().unwrap();
        let store = Store::open(&database, Policy::default()).await;
        store.unwrap()
    }
}

/// A request in canonical form.
pub(crate) fn request(package: &str) -> BuildRequest {
    serde_json::from_value(serde_json::json!({
        "version": "24.10.2", "target": "ath79/generic", "profile": "tplink_archer-c7-v2",
        "packages": ["luci", package],
    }))
    .unwrap()
}

/// What a build of it is answered.
pub(crate) fn answer() -> BuildAnswer {
    let manifest: BTreeMap<String, String> = (0..30)
        .map(|number| (format!("kmod-{number}"), "6.6.86-r1".to_owned()))
        .collect();
    let answer = serde_json::json!({"status": 200, "detail": "done", "manifest": manifest});
    serde_json::from_value(answer).unwrap()
}

/// The time that a part (0.5: the median) of `times` does not exceed, milliseconds.
pub(crate) fn quantile(times: &mut [Duration], part: f64) -> f64 {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a length is one"
    )]
    let index = ((times.len() - 1) as f64 * part).ceil() as usize;
    times[index].as_secs_f64() * 1e3
}
