//! What workers are refused, and what changes nothing.

use super::*;

#[tokio::test]
async fn who_has_no_good_token_gets_nothing() {
    let stage = Stage::open().await;
    stage.ask(&["luci"]).await;
    for token in ["", "a guess", "the token of another"] {
        let (status, told) = stage.claim(token).await;
        assert_eq!((status, &told["cause"]), (401, &json!("bad-token")));
    }
    let other = admit(stage.folder.path(), "other", "x86/*,ath79/mikrotik").await;
    assert_eq!(stage.claim(&other).await.0, 204, "its targets are others");
    let job = stage.job().await;
    // The lease is of a worker with another token.
    let report = format!("{job}/report");
    let taken = stage.call(&other, Method::POST, &report, b"{}".to_vec());
    assert_eq!(taken.await.1["cause"], "lease-lost");

    let hand = stage.hire();
    let store = jobs(stage.folder.path()).await;
    assert!(store.revoke_token("attic").await.unwrap());
    let told = stage.call(&stage.token, Method::POST, &report, b"{}".to_vec());
    assert_eq!(told.await.1["cause"], "bad-token");
    let dismissed = hand.ended().await.unwrap_err().to_string();
    assert!(dismissed.contains("token add"), "{dismissed}");
}

#[tokio::test]
async fn sides_that_would_misunderstand_each_other_say_which_to_update() {
    let stage = Stage::open().await;
    let url = format!("{}/api/v1/worker/register", stage.server.url);
    for (spoken, side) in [("0", "worker"), ("999", "server"), ("?", "worker")] {
        let request = stage.server.client.post(&url).bearer_auth(&stage.token);
        let request = request
            .header(PROTOCOL_HEADER, spoken)
            .header("x-worker", "w");
        let (status, refused) = told(request.send().await.unwrap()).await;
        assert_eq!(
            (status, &refused["cause"]),
            (400, &json!("worker-protocol"))
        );
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.ends_with(&format!("update the {side}")), "{detail}");
    }
}

#[tokio::test]
async fn uploads_count_only_if_they_are_what_they_are_said_to_be() {
    let stage = Stage::open().await;
    let hash = stage.ask(&["luci"]).await;
    let job = stage.job().await;
    let description: &[u8] = b"{\"profiles\":{}}";
    let files = [("image.bin", IMAGE), ("profiles.json", description)];
    for (bytes, declared) in [
        (&b"an imagE"[..], IMAGE),
        (&IMAGE[1..], IMAGE),
        (&b"an image and more"[..], IMAGE),
    ] {
        let (status, refused) = stage.put(&job, "image.bin", bytes, declared).await;
        assert_eq!(
            (status, &refused["cause"]),
            (400, &json!("bad-upload")),
            "{refused}"
        );
    }
    for name in ["..%2Fimage.bin", ".hidden", "a%20b"] {
        let (status, refused) = stage.put(&job, name, IMAGE, IMAGE).await;
        assert_eq!(
            (status, &refused["cause"]),
            (400, &json!("bad-upload")),
            "{refused}"
        );
    }
    let (status, missing) = stage.finish(&job, &files).await;
    assert_eq!((status, &missing["cause"]), (409, &json!("files-missing")));

    for (name, bytes) in [
        ("image.bin", IMAGE),
        ("stray", b"x"),
        ("profiles.json", description),
    ] {
        assert_eq!(stage.put(&job, name, bytes, bytes).await.0, 204);
    }
    let other = [
        ("image.bin", &b"another!"[..]),
        ("profiles.json", description),
    ];
    let (status, differs) = stage.finish(&job, &other).await;
    assert_eq!((status, &differs["cause"]), (400, &json!("bad-upload")));
    let (status, no_image) = stage.finish(&job, &files[1..]).await;
    assert_eq!((status, &no_image["cause"]), (400, &json!("bad-upload")));
    let (waiting, _) = stage.server.wait(&hash, |_, _| true).await;
    assert_eq!(waiting, 202, "nothing of that was published");

    assert_eq!(stage.finish(&job, &files).await.0, 204);
    assert_eq!(
        stage.finish(&job, &files).await.0,
        204,
        "its answer may get lost"
    );
    let (_, built) = stage.server.wait(&hash, |status, _| status == 200).await;
    let path = |name| format!("/store/{}/{name}", built["bin_dir"].as_str().unwrap());
    assert_eq!(
        stage
            .server
            .get(&path("image.bin"))
            .await
            .bytes()
            .await
            .unwrap(),
        IMAGE
    );
    assert_eq!(stage.server.get(&path("stray")).await.status(), 404);
    assert_eq!(stage.left(), 0);
}

#[tokio::test]
async fn what_a_server_died_publishing_is_published_without_being_built_again() {
    let stage = Stage::open().await;
    let hash = stage.ask(&["luci"]).await;
    let job = stage.job().await;
    let folder = job.trim_start_matches("jobs/").replace('/', "-");
    let half = stage.folder.path().join("store").join(&folder);
    std::fs::create_dir(&half).unwrap();
    std::fs::write(half.join("image.bin"), "half").unwrap();
    let files = [("image.bin", IMAGE)];
    assert_eq!(stage.put(&job, "image.bin", IMAGE, IMAGE).await.0, 204);
    assert_eq!(stage.finish(&job, &files).await.0, 204);
    let (_, built) = stage.server.wait(&hash, |status, _| status == 200).await;
    assert_ne!(built["bin_dir"], folder.as_str());
    assert!(!half.exists());
    let image = format!("/store/{}/image.bin", built["bin_dir"].as_str().unwrap());
    assert_eq!(stage.server.get(&image).await.bytes().await.unwrap(), IMAGE);
}

#[tokio::test]
async fn who_comes_back_after_its_lease_changes_nothing() {
    let stage = Stage::open().await;
    let hash = stage.ask(&["luci"]).await;
    let late = stage.job().await;
    let other: &[u8] = b"of the late one";
    assert_eq!(stage.put(&late, "image.bin", other, other).await.0, 204);
    tokio::time::sleep(pace().lease * 2).await;
    let _hand = stage.hire();
    let (_, built) = stage.server.wait(&hash, |status, _| status == 200).await;

    let (report, hand_back) = (format!("{late}/report"), format!("{late}/hand-back"));
    for (status, refused) in [
        stage
            .call(&stage.token, Method::POST, &report, b"{}".to_vec())
            .await,
        stage
            .call(&stage.token, Method::POST, &hand_back, Vec::new())
            .await,
        stage.put(&late, "image.bin", other, other).await,
        stage.finish(&late, &[("image.bin", other)]).await,
    ] {
        assert_eq!((status, &refused["cause"]), (409, &json!("lease-lost")));
    }
    let (_, still) = stage.server.wait(&hash, |_, _| true).await;
    assert_eq!(still, built);
    let image = format!("/store/{}/image.bin", built["bin_dir"].as_str().unwrap());
    assert_eq!(stage.server.get(&image).await.bytes().await.unwrap(), IMAGE);
    // What it had sent before is swept away.
    let sweeping = async {
        while stage.left() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, sweeping).await.unwrap();
}
