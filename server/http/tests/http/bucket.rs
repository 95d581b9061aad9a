//! Image files in a bucket: where clients are sent for them, and an S3 server that is away.

use std::time::Duration;

pub(crate) use asu_artifacts::HandOut as Way;
use asu_artifacts::{BucketSettings, Credentials};
use asu_test_s3::{BUCKET, KEY, SECRET};
use axum::http::Method;

use super::*;

/// A server whose images are in a bucket.
pub(crate) struct Bucket {
    pub(crate) server: Server,
    pub(crate) s3: asu_test_s3::Server,
}

impl Bucket {
    pub(crate) async fn handing_out(way: Way) -> Self {
        let s3 = asu_test_s3::Server::start();
        let dir = tempfile::tempdir().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n");
        std::fs::write(file.path(), text).unwrap();
        let settings = BucketSettings {
            url: format!("s3://{BUCKET}").parse().unwrap(),
            endpoint: Some(s3.url()),
            region: None,
            credentials: Some(Credentials::read(file.path(), "default").unwrap()),
            hand_out: way,
        };
        let artifacts = Artifacts::in_bucket(settings).await.unwrap();
        let server = Server::on(dir, artifacts, Limits::default()).await;
        Self { server, s3 }
    }

    /// With an image stored; the path of the image.
    async fn with_image(way: Way) -> (Self, String) {
        let bucket = Self::handing_out(way).await;
        let folder = format!("{}-7", "ab".repeat(32));
        bucket
            .server
            .store_image(&folder, "image.bin", b"0123456789")
            .await;
        (bucket, format!("{folder}/image.bin"))
    }
}

fn signed() -> Way {
    Way::Signed {
        valid: Duration::from_mins(1),
        endpoint: None,
    }
}

#[tokio::test]
async fn clients_are_sent_to_a_signed_address_and_only_if_there_is_a_file() {
    let (Bucket { server, s3 }, image) = Bucket::with_image(signed()).await;
    let answer = server.get(&format!("/store/{image}")).await;
    let place = answer.header("location");
    assert_eq!(answer.status, 302);
    assert!(
        place.starts_with(&format!("{}/{BUCKET}/{image}?", s3.url())),
        "{place}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let got = reqwest::Client::new()
        .get(place)
        .header("range", "bytes=4-")
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), 206);
    assert_eq!(got.text().await.unwrap(), "456789");
    assert_eq!(server.get(&format!("/store/{image}.sig")).await.status, 404);
}

#[tokio::test]
async fn what_needs_no_bytes_is_answered_here() {
    let (Bucket { server, s3: _s3 }, image) = Bucket::with_image(signed()).await;
    let path = format!("/store/{image}");
    let head = server.ask(Method::HEAD, &path, &[]).await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, "10")
    );
    let known = [("if-none-match", head.header("etag"))];
    assert_eq!(server.ask(Method::GET, &path, &known).await.status, 304);
}

#[tokio::test]
async fn a_download_that_is_counted_leads_there_too() {
    let base = "https://cdn.example.org/images";
    let (Bucket { server, s3: _s3 }, image) =
        Bucket::with_image(Way::Public(base.to_owned())).await;
    let counted = server.get(&format!("/download/{image}")).await;
    assert_eq!(counted.header("location"), format!("/store/{image}"));
    let sent = server.get(counted.header("location")).await;
    assert_eq!(
        (sent.status.as_u16(), sent.header("location")),
        (302, &*format!("{base}/{image}"))
    );
    let counted = server.get("/api/v1/stats/images").await.json();
    assert_eq!(counted["downloads"], 1, "{counted}");
}

#[tokio::test]
async fn while_the_bucket_is_away_clients_are_told_to_ask_again() {
    let (mut bucket, image) = Bucket::with_image(Way::Proxied).await;
    bucket.s3.kill();
    let path = format!("/store/{image}");
    let refused = bucket.server.get(&path).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (503, "5")
    );
    assert_eq!(refused.json()["cause"], "storage");
    bucket.s3.come_back();
    assert_eq!(bucket.server.get(&path).await.bytes, b"0123456789");
}
