//! Twenty people ask for the same image at the same moment.

use asu_protocol::build::BuildAnswer;
use asu_test_e2e::stage::{NEW_RELEASE, request};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_identical_requests_are_one_build() -> anyhow::Result<()> {
    let stage = crate::stage().await?;
    let server = stage.server()?;
    let body = serde_json::to_value(request(NEW_RELEASE, &["luci", "htop"])?)?;
    let posts: Vec<_> = (0..20)
        .map(|_| {
            let (server, body) = (server.clone(), body.clone());
            tokio::spawn(async move {
                anyhow::Ok(server.post(&body).await?.json::<BuildAnswer>().await?)
            })
        })
        .collect();
    let mut hashes = Vec::new();
    for post in posts {
        let answer = post.await??;
        assert!([200, 202].contains(&answer.status), "{answer:?}");
        hashes.push(answer.request_hash);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "all are told the same request");
    server.wait(&hashes[0]).await?;
    let log = std::fs::read_to_string(stage.log("server"))?;
    let builds = log.matches("build started").count();
    assert_eq!(
        builds, 1,
        "the server's log tells of {builds} builds:\n{log}"
    );

    let again: BuildAnswer = server.post(&body).await?.json().await?;
    assert_eq!(
        again.status, 200,
        "the same request later is served from the store"
    );
    stage.stop().await
}
