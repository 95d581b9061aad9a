//! More workers when they are needed, and fewer when they are not.

use asu_server::Scale;

use super::*;

/// Writes down what it is told, a line each time it is run.
fn noting(file: &Path, word: &str) -> String {
    let (file, waits) = (file.display(), "$ASU_EXPECTED_WAIT $ASU_WANTED_WORKERS");
    format!("echo {word} $ASU_QUEUED $ASU_RUNNING $ASU_WORKERS {waits} >> {file}")
}

async fn lines(file: &Path, count: usize) -> Vec<String> {
    let reading = async {
        loop {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if lines.len() >= count {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operators_commands_are_run_when_builds_wait_and_when_nothing_is_to_do() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let notes = dir.path().join("notes");
    let scale = Scale {
        up: Some(noting(&notes, "up")),
        down: Some(noting(&notes, "down")),
        wait: Duration::from_mins(2),
        look: Duration::from_millis(20),
        ..Scale::default()
    };
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::set_up(&data, &workshop, |settings| settings.scale = Some(scale)).await;
    server.post(&["slow"]).await;
    let (_, two) = server.post(&["slow", "two"]).await;
    server.post(&["slow", "three"]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!notes.exists(), "two minutes are not too long");
    let (_, last) = server.post(&["slow", "four"]).await;
    assert_eq!(lines(&notes, 1).await, ["up 3 1 1 180 2"]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(lines(&notes, 1).await.len(), 1, "it is given time to help");

    for _ in 0..4 {
        workshop.finish_one();
    }
    for asked in [&two, &last] {
        let hash = asked["request_hash"].as_str().unwrap();
        server.wait(hash, |status, _| status == 200).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.pass(601);
    let told = lines(&notes, 2).await;
    assert!(told[1].starts_with("down 0 0 "), "{told:?}");
    server.pass(601);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(lines(&notes, 2).await.len(), 2, "once is enough");
}
