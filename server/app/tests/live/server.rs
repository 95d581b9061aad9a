//! The program as it is installed, and what it answers.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::contents;

/// Longer than anything here takes; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `asu-server`; killed, should its test fail.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    client: Client,
    log: PathBuf,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(crate) fn start(data: &Path, mirror: &str, more: &[&str]) -> Self {
        let program = Command::new(env!("CARGO_BIN_EXE_asu-server"));
        Self::start_as(program, data, mirror, more)
    }

    /// With a command that ends as the program and takes its arguments.
    pub(crate) fn start_as(mut program: Command, data: &Path, mirror: &str, more: &[&str]) -> Self {
        let key = data.with_extension("pub");
        std::fs::write(&key, contents::public_key()).unwrap();
        let log = data.with_extension("log");
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0", "--upstream", mirror])
            .arg("--upstream-key")
            .arg(&key)
            .arg("--data")
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            url: said["listening"].as_str().unwrap().to_owned(),
            client: Client::new(),
            log,
        }
    }

    /// How many lines of the log have this in them.
    pub(crate) fn logged(&self, text: &str) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().filter(|line| line.contains(text)).count()
    }

    /// As SIGTERM does; it must end well, and soon.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().to_string();
        // The shell's own kill: not every Debian has the program.
        let kill = Command::new("sh").args(["-c", "kill $0", &pid]).status();
        assert!(kill.unwrap().success());
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let status = tokio::time::timeout(PATIENCE, ended).await;
        assert!(status.expect("it did not stop").success());
    }

    /// A request that nothing was said about.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Asks for a build and waits for what comes of it.
    pub(crate) async fn build(&self, wish: &Value) -> Answer {
        let asked = self.post("/api/v1/build", wish).await;
        let Value::String(hash) = &asked.json()["request_hash"] else {
            return asked;
        };
        self.finished(hash).await
    }

    /// The answer of a build that is asked for, once it is finished.
    pub(crate) async fn finished(&self, hash: &str) -> Answer {
        let path = format!("/api/v1/build/{hash}");
        let looking = async {
            loop {
                let answer = self.get(&path).await;
                if answer.status != 202 {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let finished = tokio::time::timeout(PATIENCE, looking).await;
        finished.expect("the build never ended")
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}
