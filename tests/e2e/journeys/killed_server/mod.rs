//! The power fails during a build.

use std::time::{Duration, Instant};

use anyhow::bail;
use asu_protocol::build::{BuildAnswer, stage};
use asu_test_e2e::server::Server;
use asu_test_e2e::stage::{NEW_RELEASE, request};

#[tokio::test]
async fn a_request_survives_the_servers_death() -> anyhow::Result<()> {
    let mut stage = crate::stage().await?;
    let body = request(NEW_RELEASE, &["luci", "htop", "tcpdump-mini"])?;
    let server = stage.server()?;
    let first: BuildAnswer = server
        .post(&serde_json::to_value(&body)?)
        .await?
        .json()
        .await?;
    assert_eq!(first.status, 202, "{first:?}");
    wait_until_building(&server, &first.request_hash).await?;

    let address = stage.kill_server().await?;
    stage.start_server(Some(&address)).await?;
    let finished = stage.server()?.wait(&first.request_hash).await?;
    stage.server()?.download(&finished, "sysupgrade").await?;
    assert!(finished.manifest.contains_key("htop"));
    stage.stop().await
}

async fn wait_until_building(server: &Server, hash: &str) -> anyhow::Result<()> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_mins(1) {
        if server.poll(hash).await?.imagebuilder_status == stage::BUILDING_IMAGE {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the build did not begin within a minute")
}
