//! `asu-server worker` on a real line: with a token of the command line, in a sandbox, with signatures.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::served::assert_whole;
use crate::{Stage, wish};

/// A worker's process; killed when dropped.
struct Hand(Child);

impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `asu-server token …` on the server's data folder.
fn token(stage: &Stage, words: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    let data = stage.folder.path().join("data");
    let said = command.arg("token").args(words).arg("--data").arg(data);
    let said = said.output().unwrap();
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    serde_json::from_slice(&said.stdout).unwrap_or_default()
}

fn hire(stage: &Stage, server: &str, token: &str) -> Hand {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    let data = stage.folder.path().join("worker");
    let worker = command.args(["worker", "--server", server, "--token", token]);
    let worker = worker.arg("--data").arg(data).stdout(Stdio::null());
    Hand(worker.spawn().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_nothing_but_the_servers_url_and_a_token() {
    let stage = Stage::open();
    let data = stage.folder.path().join("data");
    let key = stage.folder.path().join("mine");
    let keygen = Command::new(env!("CARGO_BIN_EXE_asu-server"))
        .args(["keygen", "--out"])
        .arg(&key)
        .output();
    assert!(keygen.unwrap().status.success());
    let signs = ["--no-worker", "--key", key.to_str().unwrap()];
    let server = crate::server::Server::start(&data, &stage.mirror.url, &signs);
    let made = token(&stage, &["add", "attic", "--targets", "ath79/*"]);
    let listed = token(&stage, &["list"]);
    assert_eq!(
        (&listed[0]["name"], &listed[0]["seen_at"]),
        (&"attic".into(), &Value::Null)
    );
    assert_eq!(listed[0]["targets"][0], "ath79/*");
    let secret = made["token"].as_str().unwrap();
    let mut hand = hire(&stage, &server.url, secret);

    let answer = server.build(&wish(0)).await;
    assert_whole(&server, &answer).await;
    let again = server.build(&wish(1)).await;
    assert_whole(&server, &again).await;
    // The key signs at the server, which alone has it.
    assert_eq!(server.get("/readyz").await.json()["workers"], 1);
    let hash = answer.json()["request_hash"].as_str().unwrap().to_owned();
    assert_eq!(
        server
            .get(&format!("/api/v1/build/{hash}.sig"))
            .await
            .status,
        200
    );
    let told = answer.json();
    let image = format!(
        "/store/{}/{}.sig",
        told["bin_dir"].as_str().unwrap(),
        told["images"][0]["name"].as_str().unwrap()
    );
    assert_eq!(server.get(&image).await.status, 200);
    let left = |folder: &str| data.join(folder).read_dir().unwrap().count();
    assert_eq!((left("store"), left("unfinished")), (2, 0));
    assert_eq!(left("builder/imagebuilders"), 0, "the server has none");
    assert!(token(&stage, &["list"])[0]["seen_at"].is_string());

    token(&stage, &["revoke", "attic"]);
    let dismissed = async {
        loop {
            if let Some(status) = hand.0.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let dismissed = tokio::time::timeout(Duration::from_mins(1), dismissed).await;
    assert_eq!(dismissed.unwrap().code(), Some(1));
    server.stop().await;
}
