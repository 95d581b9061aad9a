//! The program where things go wrong: kills, full disks and broken downloads lose nothing and leave
//! nothing, and what is built again is the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

#[expect(dead_code, reason = "the rest is for the mirror of `live`")]
#[path = "../live/contents.rs"]
mod contents;
mod disk;
mod download;
mod elsewhere;
mod kill;
mod mirror;
mod processes;
mod rebuild;
mod served;
#[expect(dead_code, reason = "most of it is for the clients of `live`")]
#[path = "../live/server.rs"]
mod server;

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use mirror::Mirror;
use server::Server;

/// Folders of servers beside one mirror.
struct Stage {
    mirror: Mirror,
    folder: TempDir,
}

impl Stage {
    fn open() -> Self {
        Self {
            mirror: Mirror::start(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A server on the folder of this name.
    fn server(&self, name: &str) -> Server {
        Server::start(&self.folder.path().join(name), &self.mirror.url, &[])
    }
}

/// A request that no other number makes. Its script, which the small ImageBuilder puts into the image,
/// makes that long enough to be cut in two.
fn wish(number: usize) -> Value {
    json!({
        "version": "24.10.2",
        "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5",
        "packages": ["htop", "-ppp"],
        "defaults": format!("# {number}\n").repeat(1500),
    })
}

/// Waits until a build was tried, in vain.
async fn until_tried(server: &Server) {
    let tried = async {
        while server.logged("the build could not be made") == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let tried = tokio::time::timeout(Duration::from_mins(1), tried).await;
    tried.expect("the build never failed");
}
