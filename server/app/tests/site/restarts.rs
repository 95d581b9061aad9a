//! Stopping, crashing and starting again.

use asu_server::DataError;
use tokio::runtime::Runtime;

use super::*;

async fn begun(workshop: &Workshop, count: usize) {
    let beginning = async {
        while workshop.begun() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, beginning).await.unwrap();
}

fn hash_of(asked: &Value) -> String {
    asked["request_hash"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stop_ends_the_build_and_a_start_makes_it_and_the_queue_again() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, done) = server.build(&["luci"]).await;
    let interrupted = hash_of(&server.post(&["slow"]).await.1);
    begun(&workshop, 2).await;
    let waiting = hash_of(&server.post(&["htop"]).await.1);
    server.stop().await;
    assert_eq!(workshop.running(), 0, "nothing is left running");

    let server = Server::start(dir.path(), &workshop).await;
    let (status, _) = server.wait(&hash_of(&done), |_, _| true).await;
    assert_eq!(status, 200);
    begun(&workshop, 3).await;
    let (_, body) = server.wait(&waiting, |_, _| true).await;
    assert_eq!(
        body["queue_position"], 0,
        "the interrupted build keeps its place"
    );
    workshop.finish_one();
    server.wait(&interrupted, |status, _| status == 200).await;
    server.wait(&waiting, |status, _| status == 200).await;
}

/// A server in a runtime of its own, that is torn down without a word to it, as a crash does.
fn crash_during_a_build(data: &Path, workshop: &Workshop) -> String {
    let runtime = Runtime::new().unwrap();
    let hash = runtime.block_on(async {
        // A lease that outlives the test: the next start must not wait for its end.
        let pace = Pace {
            lease: PATIENCE * 10,
            ..pace()
        };
        let server = Server::with(data, workshop, pace).await;
        let hash = hash_of(&server.post(&["slow"]).await.1);
        server
            .wait(&hash, |_, body| body["detail"] == "started")
            .await;
        std::mem::forget(server.stop);
        hash
    });
    drop(runtime);
    hash
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_costs_the_build_but_not_the_job() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let (data, crashing) = (dir.path().to_owned(), workshop.clone());
    let crashed = tokio::task::spawn_blocking(move || crash_during_a_build(&data, &crashing));
    let hash = crashed.await.unwrap();

    let server = Server::start(dir.path(), &workshop).await;
    workshop.finish_one();
    let (_, body) = server.wait(&hash, |status, _| status == 200).await;
    assert_eq!(body["detail"], "done");
    assert_eq!(workshop.begun(), 2);
}

#[tokio::test]
async fn a_second_server_on_one_data_folder_is_refused() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let refused = DataDir::open(dir.path()).unwrap_err();
    assert!(matches!(refused, DataError::InUse(_)));
    assert!(refused.to_string().contains("--data"), "{refused}");
    server.stop().await;
    assert!(DataDir::open(dir.path()).is_ok());
}

#[tokio::test]
async fn images_without_a_job_are_removed_at_the_start() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let stray = dir.path().join("store").join("ab".repeat(32));
    std::fs::create_dir_all(&stray).unwrap();
    Server::start(dir.path(), &workshop).await;
    assert!(!stray.exists());
}

#[tokio::test]
async fn images_that_a_crash_left_without_an_answer_are_removed_at_the_start() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, done) = server.build(&["luci"]).await;
    let asked = hash_of(&server.post(&["slow"]).await.1);
    begun(&workshop, 2).await;
    server.stop().await;
    // It came between the images and their answer, of a server of today and of an older one.
    let store = dir.path().join("store");
    let left = [store.join(&asked), store.join(format!("{asked}-1"))];
    for left in &left {
        std::fs::create_dir(left).unwrap();
    }
    let server = Server::start(dir.path(), &workshop).await;
    let folder = |answer: &Value| store.join(answer["bin_dir"].as_str().unwrap());
    assert!(folder(&done).exists());
    assert!(left.iter().all(|left| !left.exists()));
    workshop.finish_one();
    let (_, made) = server.wait(&asked, |status, _| status == 200).await;
    assert!(folder(&made).exists());
    server.stop().await;
}

#[tokio::test]
async fn a_verdict_of_another_process_is_soon_seen() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, done) = server.build(&["luci"]).await;
    let hash = hash_of(&done);
    server.wait(&hash, |status, _| status == 200).await;
    let file = || Database::file(&dir.path().join("jobs.sqlite")).unwrap();
    let database = database_of(dir.path()).unwrap_or_else(file);
    let other = asu_store::Store::open(&database, policy());
    let verdict = asu_protocol::build::Rebuild {
        server: "local".to_owned(),
        same: true,
        ..Default::default()
    };
    let answer = serde_json::from_value(done).unwrap();
    let other = other.await.unwrap();
    let kept = other.keep_rebuild(&hash, &answer, &verdict, Timestamp::now());
    assert!(kept.await.unwrap());
    let (_, seen) = server
        .wait(&hash, |_, body| body.get("rebuilds").is_some())
        .await;
    assert_eq!(seen["rebuilds"][0]["same"], true);
    server.stop().await;
}

#[tokio::test]
async fn what_a_crash_left_of_a_build_is_removed_at_the_next_start() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let left = dir.path().join("unfinished/of-a-job-that-was-given-up");
    std::fs::create_dir_all(&left).unwrap();
    let server = Server::start(dir.path(), &workshop).await;
    assert!(!left.exists());
    server.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_not_allowed_any_more_is_not_built_with() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let allowing = |settings: &mut asu_server::Settings| {
        settings.limits.repositories = vec!["https://feeds.example".parse().unwrap()];
    };
    let server = Server::set_up(dir.path(), &workshop, allowing).await;
    server.post(&["slow"]).await;
    begun(&workshop, 1).await;
    let mut wish = wish(&["luci"]);
    wish["repositories"] = json!({"mine": "https://feeds.example/mine"});
    let hash = hash_of(&server.post_wish(&wish).await.1);
    server.stop().await;

    workshop.finish_one();
    let server = Server::start(dir.path(), &workshop).await;
    let (status, body) = server.wait(&hash, |status, _| status != 202).await;
    assert_eq!(status, 500);
    assert_eq!(body["cause"], "repository-not-allowed", "{body}");
    assert_eq!(workshop.begun(), 2, "only the other one, again");
}
