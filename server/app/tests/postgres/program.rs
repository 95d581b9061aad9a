//! `asu-server serve --database postgres://…` itself, with an ImageBuilder that builds.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use super::site::PATIENCE;
use super::site::mirror::Mirror;

/// A running `asu-server`; killed when dropped.
pub(super) struct Program {
    child: Child,
    pub(super) url: String,
    client: Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(super) fn serve(mirror: &str, data: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command
        .args(["serve", "--unsigned-upstream", "--listen", "127.0.0.1:0"])
        // The build waits for a file that a sandbox would hide from it.
        .args(["--sandbox", "none"])
        .args(["--upstream", mirror, "--database", database, "--data"])
        .arg(data)
        .stdout(Stdio::piped());
    command
}

impl Program {
    fn start(mirror: &Mirror, data: &Path, database: &str) -> Self {
        Self::run(serve(&mirror.url, data, database))
    }

    pub(super) fn run(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            url: said["listening"].as_str().unwrap().to_owned(),
            client: Client::new(),
        }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; it must end well.
    pub(super) async fn stop(&mut self) {
        let pid = self.child.id().to_string();
        // The shell's own kill: not every Debian has the program.
        let kill = Command::new("sh").args(["-c", "kill $0", &pid]).status();
        assert!(kill.unwrap().success());
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        assert!(ended.expect("it did not stop").success());
    }

    /// Asks for a build that waits at the mirror's gate; says its hash.
    pub(super) async fn ask(&self) -> String {
        let wish = json!({
            "version": "24.10.2", "target": "ath79/generic", "profile": "tplink_archer-c7-v5",
            "packages": ["waits"],
        });
        let asked = self.client.post(format!("{}/api/v1/build", self.url));
        let answer = asked.json(&wish).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let hash = body["request_hash"].as_str();
        hash.unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    /// Looks until the request stands as wanted.
    pub(super) async fn wait(&self, hash: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let url = format!("{}/api/v1/build/{hash}", self.url);
        let looking = async {
            loop {
                let answer = self.client.get(&url).send().await.unwrap();
                let body: Value = answer.json().await.unwrap();
                if wanted(&body) {
                    return body;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE * 2, looking).await;
        found.expect("the job never stood as wanted")
    }
}

pub(super) fn is_finished(body: &Value) -> bool {
    body["status"] != 202
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_survives_the_sudden_death_of_its_server() {
    let mirror = Mirror::start().await;
    let (data, database) = (tempfile::tempdir().unwrap(), asu_test_postgres::database());
    let mut server = Program::start(&mirror, data.path(), &database);
    let hash = server.ask().await;
    mirror.reached(1).await;
    server.kill();

    let server = Program::start(&mirror, data.path(), &database);
    mirror.reached(2).await;
    mirror.open_the_gate();
    let body = server.wait(&hash, is_finished).await;
    assert_eq!(body["detail"], "done", "{body}");
    assert!(!data.path().join("jobs.sqlite").exists());
    let (folder, name) = (&body["bin_dir"], &body["images"][0]["name"]);
    let path = format!(
        "/store/{}/{}",
        folder.as_str().unwrap(),
        name.as_str().unwrap()
    );
    let image = server.client.get(format!("{}{path}", server.url)).send();
    let image = image.await.unwrap().text().await.unwrap();
    assert!(image.contains("base-files - 1.0-1"), "{image}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_answer_as_one() {
    let mirror = Mirror::start().await;
    let database = asu_test_postgres::database();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [here, there] = folders
        .each_ref()
        .map(|data| Program::start(&mirror, data.path(), &database));
    let hash = here.ask().await;
    assert_eq!(there.ask().await, hash);
    mirror.reached(1).await;
    there.wait(&hash, |body| body["detail"] == "started").await;
    mirror.open_the_gate();
    let seen = there.wait(&hash, is_finished).await;
    assert_eq!(seen["detail"], "done", "{seen}");
    assert_eq!(here.wait(&hash, is_finished).await, seen);
    let built: usize = folders
        .iter()
        .map(|data| {
            std::fs::read_dir(data.path().join("store"))
                .unwrap()
                .count()
        })
        .sum();
    assert_eq!(built, 1, "it was built once");
}

#[test]
fn a_database_that_cannot_be_used_is_told_without_the_password() {
    for (address, told) in [
        ("postgres://asu:secret@127.0.0.1:1/asu", "--database"),
        ("postgres://asu:secret@db", "name of a database"),
        ("postgres://asu:secret@x:y/db", "%40"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut command = serve("http://127.0.0.1:1", data.path(), address);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert!(said.contains(told) && !said.contains("secret"), "{said}");
    }
}
