//! Workers elsewhere: in this process, but over HTTP, with the invented builder.

mod refused;

use asu_protocol::worker::{PROTOCOL, PROTOCOL_HEADER};
use asu_server::{Dealings, RemoteError, RemoteWorker};
use asu_store::Store;
use reqwest::Method;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::workshop::IMAGE;
use super::*;

/// Builds nothing itself.
pub(super) fn leaves_it_to_others(settings: &mut Settings) {
    settings.worker = false;
    settings.terms = Terms {
        upstream: "http://mirror.example".to_owned(),
        unsigned: true,
        disk: 1 << 30,
        ..Terms::default()
    };
}

/// The jobs of a data folder, as another process sees them.
async fn jobs(data: &Path) -> Store {
    let file = || Database::file(&data.join("jobs.sqlite")).unwrap();
    let database = database_of(data).unwrap_or_else(file);
    Store::open(&database, policy()).await.unwrap()
}

/// Makes a token, as `asu-server token add` does.
pub(super) async fn admit(data: &Path, name: &str, targets: &str) -> String {
    let token = format!("the token of {name}");
    let digest = hex::encode(Sha256::digest(&token));
    let (jobs, scope) = (jobs(data).await, targets.parse().unwrap());
    let added = jobs.add_token(name, &digest, &scope, Timestamp::now());
    assert!(added.await.unwrap());
    token
}

/// A worker elsewhere; its data folder goes with it.
struct Hand {
    _folder: TempDir,
    stop: oneshot::Sender<()>,
    working: JoinHandle<Result<(), RemoteError>>,
}

fn hire(url: &str, token: &str, workshop: &Workshop, exit_when_idle: Option<Duration>) -> Hand {
    let folder = tempfile::tempdir().unwrap();
    let dealings = Dealings {
        server: format!("{url}/"),
        token: token.to_owned(),
        exit_when_idle,
    };
    let data = DataDir::open(folder.path()).unwrap();
    let workshop = workshop.clone();
    let equip = move |terms: &Terms| {
        assert_eq!(terms.upstream, "http://mirror.example");
        Ok(workshop.clone())
    };
    let worker = RemoteWorker::open(data, dealings, equip).unwrap();
    let (stop, stopped) = oneshot::channel();
    let working = tokio::spawn(async move {
        let stop = async move {
            // A test that drops its end does not stop the worker.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        worker.run(stop, |_| {}).await
    });
    Hand {
        _folder: folder,
        stop,
        working,
    }
}

impl Hand {
    /// As SIGTERM does.
    async fn stop(self) {
        let _ = self.stop.send(());
        let ended = tokio::time::timeout(PATIENCE, self.working).await;
        ended.unwrap().unwrap().unwrap();
    }

    async fn ended(self) -> Result<(), RemoteError> {
        let ended = tokio::time::timeout(PATIENCE, self.working).await;
        ended.unwrap().unwrap()
    }
}

/// A server that builds nothing, and one token for it.
struct Stage {
    folder: TempDir,
    workshop: Workshop,
    server: Server,
    token: String,
}

impl Stage {
    async fn open() -> Self {
        let (folder, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
        let server = Server::set_up(folder.path(), &workshop, leaves_it_to_others).await;
        let token = admit(folder.path(), "attic", "*").await;
        Self {
            folder,
            workshop,
            server,
            token,
        }
    }

    fn hire(&self) -> Hand {
        hire(&self.server.url, &self.token, &self.workshop, None)
    }

    async fn ask(&self, packages: &[&str]) -> String {
        let (status, asked) = self.server.post(packages).await;
        assert_eq!(status, 202, "{asked}");
        asked["request_hash"].as_str().unwrap().to_owned()
    }

    async fn begun(&self, count: usize) {
        let beginning = async {
            while self.workshop.begun() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, beginning).await.unwrap();
    }

    /// What a worker's own requests come to.
    async fn call(&self, token: &str, method: Method, path: &str, body: Vec<u8>) -> (u16, Value) {
        let url = format!("{}/api/v1/worker/{path}", self.server.url);
        let request = self.server.client.request(method, url).bearer_auth(token);
        let request = request
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header("x-worker", "by-hand")
            .header("content-type", "application/json");
        told(request.body(body).send().await.unwrap()).await
    }

    async fn claim(&self, token: &str) -> (u16, Value) {
        let wish = json!({"about": {"version": "1", "arch": "x86_64", "cores": 1, "disk_free": 1},
            "wait_ms": 0});
        let wish = wish.to_string().into_bytes();
        self.call(token, Method::POST, "claim", wish).await
    }

    /// A claimed job's path.
    async fn job(&self) -> String {
        let (status, job) = self.claim(&self.token).await;
        assert_eq!(status, 200, "{job}");
        let hash = job["request_hash"].as_str().unwrap();
        format!("jobs/{hash}/{}", job["lease"])
    }

    async fn put(&self, job: &str, name: &str, bytes: &[u8], declared: &[u8]) -> (u16, Value) {
        let (size, sha256) = (declared.len(), hex::encode(Sha256::digest(declared)));
        let path = format!("{job}/files/{name}?size={size}&sha256={sha256}");
        self.call(&self.token, Method::PUT, &path, bytes.to_vec())
            .await
    }

    /// Hands in `IMAGE` as the image, and all of `files` as those of the build.
    async fn finish(&self, job: &str, files: &[(&str, &[u8])]) -> (u16, Value) {
        let files: Vec<Value> = files
            .iter()
            .map(|(name, bytes)| {
                json!({"name": name, "size": bytes.len(),
                    "sha256": hex::encode(Sha256::digest(bytes))})
            })
            .collect();
        let output = json!({"images": [{"name": "image.bin", "type": "sysupgrade", "sha256": "",
            "filesystem": "squashfs"}], "image_prefix": "", "manifest": {"luci": "1"},
            "id": "router", "target": "ath79/generic", "version_number": "24.10.2",
            "version_code": "r1-0", "source_date_epoch": 0, "supported_devices": [], "titles": [],
            "build_cmd": [], "stdout": "", "stderr": ""});
        let end = json!({"outcome": {"built": output}, "files": files}).to_string();
        let path = format!("{job}/finish");
        self.call(&self.token, Method::POST, &path, end.into_bytes())
            .await
    }

    fn left(&self) -> usize {
        let unfinished = self.folder.path().join("unfinished");
        unfinished.read_dir().unwrap().count()
    }
}

async fn told(answer: Response) -> (u16, Value) {
    assert_eq!(answer.headers()[PROTOCOL_HEADER], PROTOCOL.to_string());
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    (status, body)
}

#[tokio::test]
async fn what_a_worker_elsewhere_builds_is_served_as_if_it_was_built_here() {
    let stage = Stage::open().await;
    let hand = stage.hire();
    let (status, built) = stage.server.build(&["luci"]).await;
    assert_eq!(
        (status.as_u16(), &built["detail"]),
        (200, &json!("done")),
        "{built}"
    );
    let folder = built["bin_dir"].as_str().unwrap();
    let image = format!("/store/{folder}/image.bin");
    let image = stage.server.get(&image).await;
    assert_eq!(image.bytes().await.unwrap(), IMAGE);
    assert_eq!(built["images"][0]["size"], IMAGE.len());
    assert_eq!(
        built["images"][0]["sha256"],
        hex::encode(Sha256::digest(IMAGE))
    );
    assert_eq!(built["log"], "build.log");
    assert!(built["sbom"].as_str().unwrap().ends_with(".spdx.json"));

    let hash = built["request_hash"].as_str().unwrap();
    let store = jobs(stage.folder.path()).await;
    let job = store.job(hash, Timestamp::now()).await;
    let log = job.unwrap().unwrap().log;
    for words in [
        "started by attic/server-",
        "downloading half of it",
        "building_image",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert_eq!(stage.left(), 0);
    hand.stop().await;
}

#[tokio::test]
async fn failures_and_surprises_elsewhere_are_told_like_those_here() {
    let stage = Stage::open().await;
    let _hand = stage.hire();
    let (status, wrong) = stage.server.build(&["wrong"]).await;
    assert_eq!(
        (status.as_u16(), &wrong["detail"]),
        (500, &json!("Error: wrong, for ever"))
    );
    let log = format!("/store/{}/build.log", wrong["bin_dir"].as_str().unwrap());
    let log = stage.server.get(&log).await.text().await.unwrap();
    assert_eq!(log, "Installing luci\n");

    let (status, foreseen) = stage.server.build(&["foreseen"]).await;
    assert_eq!(status, 200, "{foreseen}");
    let (status, differs) = stage.server.build(&["unforeseen"]).await;
    assert_eq!(
        (status.as_u16(), &differs["cause"]),
        (500, &json!("manifest-differs"))
    );
    let (_, panicked) = stage.server.build(&["panics"]).await;
    assert_eq!(panicked["cause"], "internal", "{panicked}");
    let (status, large) = stage.server.build(&["large"]).await;
    assert_eq!(status, 200, "{large}");
}

#[tokio::test]
async fn a_worker_that_stops_hands_its_job_back_at_once() {
    let stage = Stage::open().await;
    let hash = stage.ask(&["slow"]).await;
    let first = stage.hire();
    stage.begun(1).await;
    first.stop().await;
    assert_eq!(stage.workshop.running(), 0);
    let (_, waits) = stage.server.wait(&hash, |_, _| true).await;
    assert_eq!(waits["detail"], "queued", "{waits}");

    let _second = stage.hire();
    stage.begun(2).await;
    stage.workshop.finish_one();
    stage.server.wait(&hash, |status, _| status == 200).await;
}

#[tokio::test]
async fn a_build_goes_on_while_its_server_is_started_anew() {
    let stage = Stage::open().await;
    let hash = stage.ask(&["slow"]).await;
    let _hand = stage.hire();
    stage.begun(1).await;
    let address = stage.server.url.strip_prefix("http://").unwrap().to_owned();
    stage.server.stop().await;
    // Longer than the lease: nobody else is there to take the job.
    tokio::time::sleep(pace().lease * 2).await;
    stage.workshop.finish_one();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (data, workshop) = (stage.folder.path(), &stage.workshop);
    let server = Server::at(&address, data, workshop, leaves_it_to_others).await;
    let (_, built) = server.wait(&hash, |status, _| status != 202).await;
    assert_eq!(built["detail"], "done", "{built}");
    assert_eq!(stage.workshop.begun(), 1, "it was built once");
}

#[tokio::test]
async fn a_build_that_nobody_waits_for_any_more_is_stopped_elsewhere() {
    let stage = Stage::open().await;
    let _hand = stage.hire();
    let asked = stage
        .server
        .client
        .post(format!("{}/api/v1/build", stage.server.url));
    let asked = asked.json(&wish(&["slow"])).send().await.unwrap();
    let token = asked.headers()["x-cancel-token"].clone();
    let hash = json_of(asked).await["request_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.begun(1).await;
    let url = format!("{}/api/v1/build/{hash}", stage.server.url);
    let gone = stage
        .server
        .client
        .delete(url)
        .header("x-cancel-token", token);
    assert_eq!(gone.send().await.unwrap().status(), 200);
    let stopping = async {
        while stage.workshop.running() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, stopping).await.unwrap();
}

#[tokio::test]
async fn a_worker_without_work_goes_when_it_was_told_to() {
    let stage = Stage::open().await;
    let idle = Duration::from_millis(200);
    let busy = hire(&stage.server.url, &stage.token, &stage.workshop, Some(idle));
    let (status, _) = stage.server.build(&["luci"]).await;
    assert_eq!(status, 200, "it works before it goes");
    busy.ended().await.unwrap();
    // A server that does not answer has no work, either.
    let nowhere = hire(
        "http://127.0.0.1:1",
        &stage.token,
        &stage.workshop,
        Some(idle),
    );
    nowhere.ended().await.unwrap();
}

#[tokio::test]
async fn a_server_without_a_worker_is_well_and_counts_those_elsewhere() {
    let stage = Stage::open().await;
    stage.server.pass(3600);
    assert_eq!(stage.server.get("/healthz").await.status(), 200);
    assert_eq!(stage.claim(&stage.token).await.0, 204);
    let metrics = stage.server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("asu_workers_elsewhere 1\n"), "{metrics}");
}
