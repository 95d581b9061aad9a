//! An S3 server that goes away and comes back.

use std::time::{Duration, Instant};

use asu_artifacts::{ArtifactError, Found};
use futures_util::StreamExt;
use tokio::time::sleep;

use crate::home::{Home, file, folder, noise};

/// How long it is away.
const AWAY: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_file_is_put_although_the_server_goes_away_meanwhile() {
    let mut home = Home::in_bucket().await;
    let large = noise(24 << 20);
    let from = home.finished(&[("large.bin", &large)]);
    let (artifacts, state) = (home.artifacts.clone(), home.server().folder());
    let put = tokio::spawn(async move { artifacts.put(&folder('1'), &from).await });
    let parts = || {
        let names = std::fs::read_dir(&state).unwrap();
        names
            .filter(|name| {
                name.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains(".part-")
            })
            .count()
    };
    while parts() < 1 {
        assert!(!put.is_finished());
        sleep(Duration::from_millis(5)).await;
    }
    home.server().kill();
    sleep(AWAY).await;
    assert!(!put.is_finished());
    home.server().come_back();
    assert_eq!(put.await.unwrap().unwrap()[0].size, large.len() as u64);
    assert!(home.read(&folder('1'), "large.bin").await.unwrap() == large);
}

#[tokio::test]
async fn a_download_goes_on_where_the_server_broke_it_off() {
    let mut home = Home::in_bucket().await;
    let large = noise(24 << 20);
    home.put(&folder('1'), &[("large.bin", &large)]).await;
    let object = home.object(&folder('1'), "large.bin").await;
    let mut stream = Box::pin(object.read(0..object.size()));
    let mut got = stream.next().await.unwrap().unwrap().to_vec();
    home.server().kill();
    let back = async {
        sleep(AWAY).await;
        home.server().come_back();
    };
    let rest = async {
        while let Some(bytes) = stream.next().await {
            got.extend_from_slice(&bytes.unwrap());
        }
    };
    let begun = Instant::now();
    tokio::join!(back, rest);
    assert!(got == large);
    assert!(begun.elapsed() > AWAY);
}

#[tokio::test]
async fn a_client_is_told_soon_that_the_server_is_away() {
    let mut home = Home::in_bucket().await;
    home.put(&folder('1'), &[("a.bin", b"abc")]).await;
    home.server().kill();
    let begun = Instant::now();
    let found = home.artifacts.find(&folder('1'), &file("a.bin")).await;
    assert!(
        matches!(found, Err(ArtifactError::Bucket { .. })),
        "{found:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(15));
    home.server().come_back();
    let found = home.artifacts.find(&folder('1'), &file("a.bin")).await;
    assert!(matches!(found, Ok(Some(Found::Object(_)))), "{found:?}");
}
