//! Builds that are cancelled while they run.

use super::*;

#[tokio::test]
async fn a_running_build_is_stopped_at_once_and_the_next_one_begins() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    // Nothing but the cancelling itself can be noticed within the test's patience.
    let calm = Pace {
        lease: PATIENCE * 4,
        heartbeat: PATIENCE * 2,
        ..pace()
    };
    let server = Server::with(dir.path(), &workshop, calm).await;
    let build = format!("{}/api/v1/build", server.url);
    let asked = server.client.post(&build);
    let asked = asked.header("content-type", "application/json");
    let asked = asked
        .body(wish(&["slow"]).to_string())
        .send()
        .await
        .unwrap();
    let token = asked.headers()["x-cancel-token"].clone();
    let hash = json_of(asked).await["request_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let running = |_, body: &Value| body["imagebuilder_status"] == "building_image";
    server.wait(&hash, running).await;

    let cancelled = server.client.delete(format!("{build}/{hash}"));
    let cancelled = cancelled
        .header("x-cancel-token", token)
        .send()
        .await
        .unwrap();
    assert_eq!(json_of(cancelled).await["cancelled"], true);
    assert_eq!(server.build(&["luci"]).await.0, 200, "the place is free");
    assert_eq!(workshop.running(), 0);
    let (status, body) = server.wait(&hash, |_, _| true).await;
    assert_eq!(
        (status.as_u16(), &body["cause"]),
        (500, &json!("cancelled"))
    );

    let (status, _) = server.post(&["slow"]).await;
    assert_eq!(status, 202);
    workshop.finish_one();
    assert_eq!(server.wait(&hash, |status, _| status != 202).await.0, 200);
}
