//! The same request built twice: by two servers, and by one again.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::served::listed;
use crate::server::Server;
use crate::{Stage, contents, wish};

/// Two servers whose folders differ in depth and length, with the same image from each.
struct Pair {
    stage: Stage,
    names: [&'static str; 2],
    servers: [Server; 2],
    answers: [Value; 2],
}

impl Pair {
    async fn open(wish: &Value) -> Self {
        let stage = Stage::open();
        let names = ["a", "another-much-longer/folder/of+a.server"];
        std::fs::create_dir_all(stage.folder.path().join(names[1])).unwrap();
        let servers = names.map(|name| stage.server(name));
        let mut answers = Vec::new();
        for server in &servers {
            let answer = server.build(wish).await;
            assert_eq!(answer.status, 200, "{}", answer.json());
            answers.push(answer.json());
        }
        Self {
            stage,
            names,
            servers,
            answers: answers.try_into().unwrap(),
        }
    }

    fn data(&self, number: usize) -> PathBuf {
        self.stage.folder.path().join(self.names[number])
    }

    fn hash(&self) -> &str {
        self.answers[0]["request_hash"].as_str().unwrap()
    }

    /// `asu-server rebuild` on the first server's folder.
    async fn rebuild(&self, hash: &str, more: &[&str]) -> Output {
        let key = self.stage.folder.path().join("key.pub");
        std::fs::write(&key, contents::public_key()).unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_asu-server"));
        command.args(["rebuild", hash, "--upstream", &self.stage.mirror.url]);
        command.arg("--upstream-key").arg(key);
        command.arg("--data").arg(self.data(0)).args(more);
        command.output().await.unwrap()
    }

    /// The verdicts the first server tells, once there are so many.
    async fn told(&self, count: usize) -> Value {
        let path = format!("/api/v1/build/{}", self.hash());
        let looking = async {
            loop {
                let told = self.servers[0].get(&path).await.json()["rebuilds"].take();
                if told.as_array().is_some_and(|all| all.len() == count) {
                    return told;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(10), looking).await;
        told.expect("the verdict is hidden")
    }
}

fn verdict(output: &Output, status: i32) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A server with the first one's ImageBuilder, that makes images in another way.
fn with_other_tools(pair: &Pair) -> Server {
    let to = pair.stage.folder.path().join("other-tools/builder");
    std::fs::create_dir_all(&to).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(pair.data(0).join("builder/imagebuilders"))
        .arg(&to)
        .status();
    assert!(copied.unwrap().success());
    let trees = to.join("imagebuilders");
    for entry in trees.read_dir().unwrap() {
        let script = entry.unwrap().path().join("tree/assemble.sh");
        let text = std::fs::read_to_string(&script).unwrap();
        std::fs::write(&script, text.replace("partsize", "partition")).unwrap();
    }
    pair.stage.server("other-tools")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_says_whether_the_same_came_of_it_and_the_answer_tells_it() {
    let pair = Pair::open(&wish(0)).await;
    assert_eq!(pair.answers[0]["images"], pair.answers[1]["images"]);
    let here = verdict(&pair.rebuild(pair.hash(), &[]).await, 0);
    assert_eq!(
        (&here["server"], &here["same"]),
        (&"local".into(), &true.into())
    );
    let other = ["--against", &*pair.servers[1].url];
    let there = verdict(&pair.rebuild(pair.hash(), &other).await, 0);
    assert_eq!(there["server"], *pair.servers[1].url);
    assert!(
        there["images"]
            .as_array()
            .unwrap()
            .iter()
            .all(|image| image["same"] == true)
    );
    let told = pair.told(2).await;
    assert!(
        told.as_array()
            .unwrap()
            .iter()
            .all(|one| one["same"] == true),
        "{told}"
    );
    assert!(listed(&pair.data(0).join("builder/scratch")).is_empty());

    let tools = with_other_tools(&pair);
    let differs = pair.rebuild(pair.hash(), &["--against", &tools.url]).await;
    let differs = verdict(&differs, 1);
    assert_eq!(differs["same"], false);
    let detail = differs["detail"].as_str().unwrap();
    assert!(detail.starts_with("different images: "), "{detail}");
    let told = pair.told(3).await;
    assert_eq!(told[2]["detail"], detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_no_verdict() {
    let pair = Pair::open(&wish(0)).await;
    let nobody = ["--against", "http://127.0.0.1:1"];
    let mirror = ["--against", &*pair.stage.mirror.url];
    for (hash, more, words) in [
        (&*"0".repeat(64), &[][..], "ask for it anew"),
        (pair.hash(), &nobody[..], "cannot be asked"),
        (pair.hash(), &mirror[..], "not as API v1 does"),
    ] {
        let ended = pair.rebuild(hash, more).await;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(ended.stdout, b"");
    }
    let answer = pair.servers[0]
        .get(&format!("/api/v1/build/{}", pair.hash()))
        .await;
    assert!(answer.json().get("rebuilds").is_none());
}
