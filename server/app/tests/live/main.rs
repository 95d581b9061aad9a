//! The program `asu-server`, asked over sockets as its clients ask it, with a mirror that can fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod auc;
mod contents;
mod crowds;
mod firmware_selector;
mod luci;
mod mirror;
mod owut;
mod server;
mod troubles;
mod uclient;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use mirror::{Health, Mirror};
use server::Server;

/// A server with its mirror and its folders.
struct Stage {
    server: Server,
    mirror: Mirror,
    folder: TempDir,
}

impl Stage {
    async fn open() -> Self {
        Self::with(&[]).await
    }

    async fn with(options: &[&str]) -> Self {
        let (mirror, folder) = (Mirror::start().await, tempfile::tempdir().unwrap());
        let server = Server::start(&folder.path().join("data"), &mirror.url(), options);
        Self {
            server,
            mirror,
            folder,
        }
    }

    /// Stops the server, and starts another one on the same data beside a mirror in this health.
    async fn restarted(self, health: Health, options: &[&str]) -> Self {
        self.server.stop().await;
        self.mirror.turn(health).await;
        let data = self.folder.path().join("data");
        let server = Server::start(&data, &self.mirror.url(), options);
        Self { server, ..self }
    }
}

/// A request that can be built.
fn wish(version: &str, packages: &[&str]) -> Value {
    json!({
        "version": version,
        "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5",
        "packages": packages,
    })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether every one of these fields is there and has the form that `is` looks for.
#[track_caller]
fn assert_fields(object: &Value, fields: &[&str], is: impl Fn(&Value) -> bool) {
    for field in fields {
        let value = &object[field];
        assert!(is(value), "{field} is {value} in {object}");
    }
}
