//! Asking the server over HTTP, as any client does.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use asu_protocol::build::{BuildAnswer, BuildRequest};
use reqwest::{Client, Response};
use sha2::{Digest, Sha256};

/// Longest wait for a build.
const BUILD_LIMIT: Duration = Duration::from_mins(3);

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    http: Client,
}

impl Server {
    /// A client of the server at `url`.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            http: Client::new(),
        }
    }

    /// Posts any body to `/api/v1/build`.
    pub async fn post(&self, body: &serde_json::Value) -> anyhow::Result<Response> {
        Ok(self
            .http
            .post(format!("{}/api/v1/build", self.url))
            .json(body)
            .send()
            .await?)
    }

    /// Asks for an image and waits until it is built.
    pub async fn build(&self, request: &BuildRequest) -> anyhow::Result<BuildAnswer> {
        let first: BuildAnswer = self
            .post(&serde_json::to_value(request)?)
            .await?
            .json()
            .await?;
        if first.status == 200 {
            return Ok(first);
        }
        if first.status != 202 {
            bail!(
                "the server refused the build: {} ({})",
                first.detail,
                first.status
            );
        }
        self.wait(&first.request_hash).await
    }

    /// Polls a request until it is finished or failed.
    pub async fn wait(&self, request_hash: &str) -> anyhow::Result<BuildAnswer> {
        let started = Instant::now();
        while started.elapsed() < BUILD_LIMIT {
            let answer = self.poll(request_hash).await?;
            match answer.status {
                200 => return Ok(answer),
                202 => tokio::time::sleep(Duration::from_millis(200)).await,
                _ => bail!(
                    "the build failed: {}\n{}\n{}",
                    answer.detail,
                    answer.stderr,
                    answer.stdout
                ),
            }
        }
        bail!(
            "the build was not finished after {} s",
            BUILD_LIMIT.as_secs()
        )
    }

    /// The state of a request.
    pub async fn poll(&self, request_hash: &str) -> anyhow::Result<BuildAnswer> {
        let url = format!("{}/api/v1/build/{request_hash}", self.url);
        Ok(self.http.get(url).send().await?.json().await?)
    }

    /// Downloads one image of a finished build and checks its SHA-256.
    pub async fn download(&self, answer: &BuildAnswer, kind: &str) -> anyhow::Result<Vec<u8>> {
        let image = answer
            .images
            .iter()
            .find(|image| image.kind == kind && image.filesystem == "squashfs")
            .with_context(|| format!("no squashfs {kind} among {:?}", answer.images))?;
        let url = format!("{}/store/{}/{}", self.url, answer.bin_dir, image.name);
        let bytes = self
            .http
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        let sum = hex::encode(Sha256::digest(&bytes));
        if sum != image.sha256 {
            bail!(
                "{} was announced with sha256 {} but has {sum}",
                image.name,
                image.sha256
            );
        }
        Ok(bytes.to_vec())
    }
}
