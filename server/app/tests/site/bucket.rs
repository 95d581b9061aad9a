//! Images in a bucket: published once, whoever comes late, and whatever the S3 server does.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use asu_artifacts::{Artifacts, BucketSettings, Credentials, FolderName, HandOut};
use asu_protocol::build::BuildAnswer;
use asu_store::{Claim, Store};
use asu_test_s3::{BUCKET, KEY, SECRET};

use super::workshop::IMAGE;
use super::*;

/// Long enough for a lease to be nobody's concern.
const LONG: Duration = Duration::from_hours(10);

/// A server with its images in a bucket, and both of them at hand.
struct Stage {
    dir: tempfile::TempDir,
    workshop: Workshop,
    s3: asu_test_s3::Server,
    server: Server,
}

impl Stage {
    async fn start() -> Self {
        Self::with(pace()).await
    }

    async fn with(pace: Pace) -> Self {
        let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
        let s3 = asu_test_s3::Server::start();
        let images = Some(settings(&s3));
        let change = |settings: &mut Settings| (settings.pace, settings.images) = (pace, images);
        let server = Server::set_up(dir.path(), &workshop, change).await;
        Self {
            dir,
            workshop,
            s3,
            server,
        }
    }

    /// Where the folders are.
    fn folders(&self) -> PathBuf {
        self.s3.files().join("asu")
    }

    /// The folders that hold any file, in their order.
    fn held(&self) -> Vec<String> {
        let named = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.unwrap();
            let holds = fs::read_dir(entry.path()).is_ok_and(|mut files| files.next().is_some());
            holds.then(|| entry.file_name().into_string().unwrap())
        };
        let mut held: Vec<_> = fs::read_dir(self.folders())
            .unwrap()
            .filter_map(named)
            .collect();
        held.sort();
        held
    }

    /// The database, as another server has it.
    async fn store(&self) -> Store {
        let file = || Database::file(&self.dir.path().join("jobs.sqlite")).unwrap();
        let database = database_of(self.dir.path()).unwrap_or_else(file);
        Store::open(&database, policy()).await.unwrap()
    }

    /// Waits until a file is in the folder of the build under way.
    async fn unfinished(&self, hash: &str, name: &str) {
        let file = self.dir.path().join("unfinished").join(hash).join(name);
        until("the build is that far", || file.exists()).await;
    }
}

fn settings(s3: &asu_test_s3::Server) -> BucketSettings {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n");
    fs::write(file.path(), text).unwrap();
    BucketSettings {
        url: format!("s3://{BUCKET}/asu").parse().unwrap(),
        endpoint: Some(s3.url()),
        region: None,
        credentials: Some(Credentials::read(file.path(), "default").unwrap()),
        hand_out: HandOut::Proxied,
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{what}"));
}

fn folder_of(claim: &Claim) -> FolderName {
    FolderName::of(claim.lease.request_hash(), claim.lease.number()).unwrap()
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap()
}

#[tokio::test]
async fn images_are_in_the_bucket_until_they_expire() {
    let stage = Stage::start().await;
    let (_, body) = stage.server.build(&["luci"]).await;
    let folder = text(&body, "bin_dir");
    let path = format!("/store/{folder}/image.bin");
    assert_eq!(stage.server.get(&path).await.bytes().await.unwrap(), IMAGE);
    assert_eq!(stage.held(), [folder]);
    assert!(!stage.dir.path().join("store").exists());
    let (_, failed) = stage.server.build(&["wrong"]).await;
    let log = format!("/store/{}/build.log", text(&failed, "bin_dir"));
    assert_eq!(
        stage.server.get(&log).await.text().await.unwrap(),
        "Installing luci\n"
    );
    stage.server.pass(24 * 3600);
    until("the images go", || stage.held().is_empty()).await;
}

#[tokio::test]
async fn a_try_that_is_repeated_leaves_no_files() {
    let stage = Stage::start().await;
    let (status, body) = stage.server.build(&["flaky"]).await;
    assert_eq!((status.as_u16(), stage.workshop.begun()), (200, 2));
    assert_eq!(stage.held(), [text(&body, "bin_dir")]);
}

#[tokio::test]
async fn an_s3_server_that_is_away_for_some_seconds_costs_no_build() {
    let mut stage = Stage::start().await;
    let (_, asked) = stage.server.post(&["slow"]).await;
    let hash = text(&asked, "request_hash");
    stage.unfinished(hash, "build.log").await;
    stage.s3.kill();
    stage.workshop.finish_one();
    // Longer than a lease: it is kept by heartbeats.
    tokio::time::sleep(pace().lease * 4).await;
    stage.s3.come_back();
    let (status, body) = stage.server.wait(hash, |status, _| status != 202).await;
    assert_eq!(
        (status.as_u16(), stage.workshop.begun()),
        (200, 1),
        "{body}"
    );
}

#[tokio::test]
async fn a_worker_that_comes_late_publishes_nothing() {
    // It does not notice that it lost its lease before it is done.
    let pace = Pace {
        lease: LONG,
        heartbeat: LONG,
        ..pace()
    };
    let mut stage = Stage::with(pace).await;
    let (_, asked) = stage.server.post(&["slow"]).await;
    let hash = text(&asked, "request_hash");
    stage.unfinished(hash, "build.log").await;
    stage.s3.kill();
    stage.workshop.finish_one();
    stage.unfinished(hash, "images.spdx.json").await;

    let store = stage.store().await;
    let worker = fs::read_to_string(stage.dir.path().join("worker")).unwrap();
    assert_eq!(store.release(&worker, Timestamp::now()).await.unwrap(), 1);
    let other = store
        .claim("other", Timestamp::now(), LONG)
        .await
        .unwrap()
        .unwrap();
    stage.s3.come_back();
    let out = stage.dir.path().join("other");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("image.bin"), "the other's").unwrap();
    let artifacts = Artifacts::in_bucket(settings(&stage.s3)).await.unwrap();
    artifacts.put(&folder_of(&other), &out).await.unwrap();
    let answer = BuildAnswer {
        status: 200,
        detail: "the other's".to_owned(),
        bin_dir: folder_of(&other).to_string(),
        ..BuildAnswer::default()
    };
    store
        .succeed(&other, Timestamp::now(), &answer)
        .await
        .unwrap();

    let unfinished = stage.dir.path().join("unfinished").join(hash);
    until("the late worker has put all", || !unfinished.exists()).await;
    let other_alone = || stage.held() == [folder_of(&other).as_str()];
    until("the late worker's files go", other_alone).await;
    let (_, body) = stage.server.wait(hash, |status, _| status == 200).await;
    assert_eq!(body["detail"], "the other's");
    let path = format!("/store/{}/image.bin", folder_of(&other));
    assert_eq!(
        stage.server.get(&path).await.text().await.unwrap(),
        "the other's"
    );
}

#[tokio::test]
async fn the_sweep_takes_what_no_answer_tells_of_and_leaves_what_is_being_put() {
    let stage = Stage::start().await;
    let (_, done) = stage.server.build(&["luci"]).await;
    stage.server.post(&["slow"]).await;
    until("the slow build begins", || stage.workshop.running() == 1).await;
    stage.server.post(&["other"]).await;
    let store = stage.store().await;
    let claim = store
        .claim("other", Timestamp::now(), LONG)
        .await
        .unwrap()
        .unwrap();
    let (hash, number) = (claim.lease.request_hash(), claim.lease.number());
    let being_put = folder_of(&claim).to_string();
    let strays = [
        FolderName::of(hash, number - 1).unwrap().to_string(),
        format!("{}-1", text(&done, "request_hash")),
        "ab".repeat(32),
    ];
    for folder in strays.iter().chain([&being_put]) {
        fs::create_dir(stage.folders().join(folder)).unwrap();
        fs::write(stage.folders().join(folder).join("image.bin"), "half").unwrap();
    }
    stage.workshop.finish_one();
    stage.server.pass(3700);
    until("the strays go", || {
        !strays.iter().any(|stray| stage.held().contains(stray))
    })
    .await;
    assert!(stage.held().contains(&being_put));
    assert!(
        stage
            .held()
            .iter()
            .any(|folder| folder == text(&done, "bin_dir"))
    );
}

#[test]
fn a_wrong_secret_is_told_at_the_start_and_not_repeated() {
    let (data, s3) = (tempfile::tempdir().unwrap(), asu_test_s3::Server::start());
    let said = Command::new(env!("CARGO_BIN_EXE_asu-server"))
        .args([
            "serve",
            "--unsigned-upstream",
            "--upstream",
            "http://127.0.0.1:1",
        ])
        .args(["--sandbox", "none", "--listen", "127.0.0.1:0"])
        .args([
            "--images",
            &format!("s3://{BUCKET}"),
            "--s3-endpoint",
            &s3.url(),
        ])
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", "not-the-secret")
        .arg("--data")
        .arg(data.path())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(1), "{told}");
    assert!(
        told.contains("does not know the credentials for s3://images"),
        "{told}"
    );
    assert!(!told.contains("not-the-secret"), "{told}");
}
