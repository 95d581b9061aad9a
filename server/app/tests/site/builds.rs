//! From request to image, and what may go wrong on the way.

use super::workshop::IMAGE;
use super::*;

/// `printf 'an image' | sha256sum`
const IMAGE_SHA256: &str = "a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_identical_requests_at_once_are_one_build_and_one_image() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Arc::new(Server::start(dir.path(), &workshop).await);
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.build(&["luci"]).await })
        })
        .collect();
    for asked in asking {
        let (status, body) = asked.await.unwrap();
        assert_eq!(
            (status.as_u16(), &body["images"][0]["size"]),
            (200, &json!(8))
        );
    }
    assert_eq!(workshop.begun(), 1);
}

#[tokio::test]
async fn the_image_is_served_as_the_answer_describes_it() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, body) = server.build(&["luci"]).await;
    assert_eq!(body["detail"], "done");
    let (hash, folder) = (
        body["request_hash"].as_str().unwrap(),
        body["bin_dir"].as_str().unwrap(),
    );
    let lease = folder.strip_prefix(&format!("{hash}-"));
    assert!(
        lease.is_some_and(|lease| lease.parse::<i64>().is_ok()),
        "{folder}"
    );
    assert!(body["build_at"].as_str().unwrap().ends_with('Z'));
    let image = &body["images"][0];
    assert_eq!(image["sha256"], IMAGE_SHA256);
    let (folder, name) = (&body["bin_dir"], &image["name"]);
    let path = format!(
        "/store/{}/{}",
        folder.as_str().unwrap(),
        name.as_str().unwrap()
    );
    assert_eq!(server.get(&path).await.bytes().await.unwrap(), IMAGE);
}

#[tokio::test]
async fn what_the_imagebuilder_said_and_wrote_lies_beside_the_images() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, body) = server.build(&["luci"]).await;
    assert_eq!(body["log"], "build.log");
    let file = |name: &str| format!("/store/{}/{name}", body["bin_dir"].as_str().unwrap());
    let log = server.get(&file("build.log")).await.text().await.unwrap();
    assert_eq!(log, "Installing luci\n");
    let described = json_of(server.get(&file("profiles.json")).await).await;
    assert_eq!(
        described["profiles"]["mine"]["images"][0]["name"],
        "image.bin"
    );
}

#[tokio::test]
async fn the_log_of_a_failed_build_can_be_read_and_nothing_else_of_it() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    for package in ["late", "wrong", "broken"] {
        let (status, body) = server.build(&[package]).await;
        assert_eq!((status.as_u16(), &body["log"]), (500, &json!("build.log")));
        let file = |name: &str| format!("/store/{}/{name}", body["bin_dir"].as_str().unwrap());
        let log = server.get(&file("build.log")).await.text().await.unwrap();
        assert_eq!(log, "Installing luci\n", "{package}");
        assert_eq!(
            server.get(&file("image.bin")).await.status(),
            404,
            "{package}"
        );
    }
}

#[tokio::test]
async fn an_image_with_other_packages_than_foreseen_is_not_given_out() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    assert_eq!(server.build(&["foreseen"]).await.0, 200, "looked at anew");
    assert_eq!(workshop.begun(), 1);
    let (status, body) = server.build(&["unforeseen"]).await;
    assert_eq!(
        (status.as_u16(), &body["cause"]),
        (500, &json!("manifest-differs"))
    );
    assert_eq!(workshop.begun(), 4, "the mirror may have been in between");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.ends_with("other versions (luci)"), "{detail}");
    assert_eq!(
        body["packages"][0]["reason"],
        "the image has 25.1 instead of 24.1"
    );
    let image = format!("/store/{}/image.bin", body["bin_dir"].as_str().unwrap());
    assert_eq!(server.get(&image).await.status(), 404);
}

#[tokio::test]
async fn what_the_imagebuilder_says_can_be_followed() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, asked) = server.post(&["slow"]).await;
    let hash = asked["request_hash"].as_str().unwrap();
    let building = |_, body: &Value| body["imagebuilder_status"] == "building_image";
    server.wait(hash, building).await;
    let mut events = server.get(&format!("/api/v1/build/{hash}/events")).await;
    let mut told = String::new();
    while !told.contains("event: status") {
        told.push_str(&String::from_utf8_lossy(
            &events.chunk().await.unwrap().unwrap(),
        ));
    }
    let said = "event: output\ndata: Installing luci\n\nevent: output\ndata: Installing htop\n\n";
    assert!(told.contains(said), "{told}");
    workshop.finish_one();
    let rest = events.text().await.unwrap();
    assert!(
        rest.contains("event: end") && !rest.contains("event: output"),
        "{rest}"
    );
}

#[tokio::test]
async fn builds_go_one_at_a_time_and_show_where_they_are() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, first) = server.post(&["slow"]).await;
    let first = first["request_hash"].as_str().unwrap();
    let building = |_, body: &Value| body["imagebuilder_status"] == "building_image";
    let (_, body) = server.wait(first, building).await;
    assert_eq!(body["detail"], "started");

    let (_, second) = server.post(&["htop"]).await;
    let second = second["request_hash"].as_str().unwrap();
    let head = server
        .client
        .head(format!("{}/api/v1/build/{second}", server.url));
    let head = head.send().await.unwrap();
    assert_eq!(head.headers()["x-imagebuilder-status"], "queued");
    assert_eq!(head.headers()["x-queue-position"], "0");

    workshop.finish_one();
    server.wait(second, |status, _| status == 200).await;
    assert_eq!(workshop.most_at_once(), 1);
}

#[tokio::test]
async fn what_a_build_says_of_its_progress_is_told_and_is_no_stage() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, body) = server.build(&["luci"]).await;
    let hash = body["request_hash"].as_str().unwrap();
    let events = server.get(&format!("/api/v1/build/{hash}/events")).await;
    let events = events.text().await.unwrap();
    assert!(events.contains("downloading half of it\n"), "{events}");
    assert!(!events.contains(r#""imagebuilder_status":"downloading"#));
}

#[tokio::test]
async fn a_build_longer_than_its_lease_is_not_begun_again() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, asked) = server.post(&["slow"]).await;
    tokio::time::sleep(pace().lease * 3).await;
    let hash = asked["request_hash"].as_str().unwrap();
    let (_, body) = server.wait(hash, |_, _| true).await;
    assert_eq!(body["detail"], "started", "the heartbeats keep the lease");
    workshop.finish_one();
    server.wait(hash, |status, _| status == 200).await;
    assert_eq!(workshop.begun(), 1);
}

#[tokio::test]
async fn a_wrong_request_is_answered_with_its_fault_and_the_next_one_is_built() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (status, body) = server.build(&["wrong"]).await;
    assert_eq!(status, 500);
    assert_eq!(body["detail"], "Error: wrong, for ever");
    assert_eq!(body["cause"], "invented");
    assert_eq!(body["stderr"], "all of stderr");
    assert_eq!(body["imagebuilder_status"], "failed");
    server.build(&["wrong"]).await;
    assert_eq!(workshop.begun(), 1, "it would be wrong again");
    assert_eq!(server.build(&["luci"]).await.0, 200);
}

#[tokio::test]
async fn a_passing_failure_is_not_shown() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    assert_eq!(server.build(&["flaky"]).await.0, 200);
    assert_eq!(workshop.begun(), 2);
}

#[tokio::test]
async fn a_lasting_failure_is_left_alone_for_a_while_and_its_log_is_kept() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (status, body) = server.build(&["broken"]).await;
    assert_eq!(
        (status.as_u16(), &body["detail"]),
        (500, &json!("Error: broken"))
    );
    assert_eq!(workshop.begun(), 3);
    let until = body["parked_until"].as_str().unwrap();
    assert!(body["hint"].as_str().unwrap().contains(until), "{body}");
    assert_eq!(server.build(&["broken"]).await.1, body, "nothing begins");
    assert_eq!(workshop.begun(), 3);
    server.pass(60);
    // Another build ends after the cleaner came by.
    assert_eq!(server.build(&["luci"]).await.0, 200);
    let log = format!("/store/{}/build.log", body["bin_dir"].as_str().unwrap());
    assert_eq!(server.get(&log).await.status(), 200);
    assert_eq!(server.build(&["broken"]).await.0, 500);
    assert_eq!(workshop.begun(), 7, "asked again, it is tried again");
}

#[tokio::test]
async fn an_unpublished_version_is_told_at_once_and_tried_again_soon() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, body) = server.build(&["unpublished"]).await;
    assert_eq!(body["cause"], "imagebuilder-missing");
    assert_eq!(workshop.begun(), 1);
    server.pass(60);
    server.build(&["unpublished"]).await;
    assert_eq!(workshop.begun(), 2);
}

#[tokio::test]
async fn a_panic_in_a_build_is_contained() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (status, body) = server.build(&["panics"]).await;
    assert_eq!(status, 500);
    assert!(
        !body["detail"].as_str().unwrap().contains("invented"),
        "{body}"
    );
    assert_eq!(server.build(&["luci"]).await.0, 200);
    assert_eq!(server.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn expired_images_are_removed() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, body) = server.build(&["luci"]).await;
    let folder = dir
        .path()
        .join("store")
        .join(body["bin_dir"].as_str().unwrap());
    assert!(folder.join("image.bin").exists());
    server.pass(24 * 3600);
    let removed = async {
        while folder.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, removed).await.unwrap();
    assert_eq!(server.build(&["luci"]).await.0, 200);
    assert_eq!(workshop.begun(), 2);
}
