//! `asu-server worker` itself: killed, paused and told to stop in the middle of a build.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use super::elsewhere::{admit, leaves_it_to_others};
use super::mirror::Mirror;
use super::*;

/// A server that builds nothing, and a mirror whose ImageBuilder waits for a sign.
struct Stage {
    mirror: Mirror,
    folder: TempDir,
    server: Server,
    token: String,
}

impl Stage {
    async fn open(lease: Duration) -> Self {
        let (mirror, folder) = (Mirror::start().await, tempfile::tempdir().unwrap());
        let url = mirror.url.clone();
        let workshop = Workshop::default();
        let server = Server::set_up(folder.path(), &workshop, |settings| {
            leaves_it_to_others(settings);
            settings.pace.lease = lease;
            settings.pace.heartbeat = lease / 4;
            settings.terms = Terms {
                upstream: url,
                time_limit_ms: 60_000,
                memory: 1 << 32,
                processes: 512,
                ..settings.terms.clone()
            };
        });
        let server = server.await;
        let token = admit(folder.path(), "attic", "ath79/*").await;
        Self {
            mirror,
            folder,
            server,
            token,
        }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
        command
            .args(["worker", "--server", &self.server.url])
            // The build waits for a file that a sandbox would hide from it.
            .args(["--sandbox", "none", "--disk-floor", "0", "--data"])
            .arg(self.folder.path().join(name))
            .env("ASU_TOKEN", &self.token)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A worker that was admitted.
    fn hire(&self, name: &str) -> Hand {
        let mut child = self.command(name).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["working_for"], self.server.url);
        Hand(child)
    }

    /// Asks for a build that waits at the mirror's gate.
    async fn ask(&self) -> String {
        let mut wish = wish(&["waits"]);
        wish["profile"] = "tplink_archer-c7-v5".into();
        let (_, asked) = self.server.post_wish(&wish).await;
        asked["request_hash"].as_str().unwrap().to_owned()
    }

    /// The answer, and the image it tells of.
    async fn built(&self, hash: &str) -> (Value, String) {
        let (_, built) = self.server.wait(hash, |status, _| status != 202).await;
        assert_eq!(built["detail"], "done", "{built}");
        let (folder, name) = (&built["bin_dir"], &built["images"][0]["name"]);
        let path = format!(
            "/store/{}/{}",
            folder.as_str().unwrap(),
            name.as_str().unwrap()
        );
        let image = self.server.get(&path).await.text().await.unwrap();
        assert!(image.contains("base-files - 1.0-1"), "{image}");
        (built, image)
    }
}

/// A worker's process; killed when dropped.
struct Hand(Child);

impl Drop for Hand {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.0.wait();
    }
}

impl Hand {
    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        // The shell's own kill: not every Debian has the program.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -$0 $1", name, &pid]);
        // It may have ended by itself.
        let _ = kill.stderr(Stdio::null()).status();
    }

    async fn ended(&mut self) -> ExitStatus {
        let ended = async {
            loop {
                if let Some(status) = self.0.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.expect("it did not end")
    }

    fn said(&mut self) -> String {
        let mut said = String::new();
        let stderr = self.0.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_worker_takes_the_job_of_one_that_is_killed() {
    let stage = Stage::open(Duration::from_secs(2)).await;
    let first = stage.hire("first");
    let hash = stage.ask().await;
    stage.mirror.reached(1).await;
    let _second = stage.hire("second");
    drop(first);
    stage.mirror.reached(2).await;
    stage.mirror.open_the_gate();
    stage.built(&hash).await;
    let store = stage.folder.path().join("store");
    assert_eq!(store.read_dir().unwrap().count(), 1, "it is published once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_beyond_its_lease_is_refused_and_works_on() {
    let stage = Stage::open(Duration::from_secs(2)).await;
    let mut first = stage.hire("first");
    let hash = stage.ask().await;
    stage.mirror.reached(1).await;
    first.signal("STOP");
    let second = stage.hire("second");
    stage.mirror.reached(2).await;
    stage.mirror.open_the_gate();
    let built = stage.built(&hash).await;
    drop(second);

    first.signal("CONT");
    let mut wish = wish(&["luci"]);
    wish["profile"] = "tplink_archer-c7-v5".into();
    let (_, next) = stage.server.post_wish(&wish).await;
    stage.built(next["request_hash"].as_str().unwrap()).await;
    assert_eq!(stage.built(&hash).await, built);
    first.signal("TERM");
    assert!(first.ended().await.success());
    let said = first.said();
    assert!(said.contains("the build was stopped"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_hands_the_job_back_long_before_its_lease_ends() {
    let stage = Stage::open(Duration::from_mins(10)).await;
    let mut first = stage.hire("first");
    let hash = stage.ask().await;
    stage.mirror.reached(1).await;
    first.signal("TERM");
    assert!(first.ended().await.success());
    let (_, waits) = stage.server.wait(&hash, |_, _| true).await;
    assert_eq!(waits["detail"], "queued", "{waits}");
    let _second = stage.hire("second");
    stage.mirror.reached(2).await;
    stage.mirror.open_the_gate();
    stage.built(&hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_why_it_ends() {
    let stage = Stage::open(Duration::from_mins(1)).await;
    let mut idle = stage.command("idle");
    let idle = idle.args(["--exit-when-idle", "1s"]).spawn().unwrap();
    assert!(Hand(idle).ended().await.success());

    let mut wrong = stage.command("wrong");
    let mut wrong = Hand(wrong.env("ASU_TOKEN", "a guess").spawn().unwrap());
    assert_eq!(wrong.ended().await.code(), Some(1));
    let said = wrong.said();
    assert!(said.contains("asu-server token add"), "{said}");

    let token = stage.folder.path().join("token");
    std::fs::write(&token, format!("{{\"token\":\"{}\"}}\n", stage.token)).unwrap();
    let mut by_file = stage.command("by-file");
    by_file
        .env_remove("ASU_TOKEN")
        .arg("--token-file")
        .arg(token);
    let by_file = by_file.args(["--exit-when-idle", "1s"]).spawn().unwrap();
    assert!(Hand(by_file).ended().await.success());
}
