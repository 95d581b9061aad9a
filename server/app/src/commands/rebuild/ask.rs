//! Another server, asked as any client asks it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use asu_protocol::build::{BuildAnswer, BuildRequest, REBUILD_CLIENT};
use reqwest::{Client, Method, StatusCode, Url};
use tokio::time::{Instant, sleep};

use super::Error;

/// The time between two looks.
const PACE: Duration = Duration::from_secs(2);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer that is read, bytes; logs and a list of packages are in it.
const LONGEST: usize = 8 << 20;

/// The address of another server, shown without a user and password.
#[derive(Debug, Clone)]
pub(super) struct Other(Url);

impl FromStr for Other {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url = text.parse().map_err(|error| format!("{error}"))?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            _ => Err("it must begin with https:// or http://".to_owned()),
        }
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        // Refused only where there can be neither.
        let _ = (shown.set_username(""), shown.set_password(None));
        shown.set_query(None);
        f.write_str(shown.as_str().trim_end_matches('/'))
    }
}

impl Other {
    /// What it answers to the request once it is finished; an error if that takes longer than `most`,
    /// or if there are no images.
    pub(super) async fn build(
        &self,
        request: &BuildRequest,
        most: Duration,
    ) -> Result<BuildAnswer, Error> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let request = &BuildRequest {
            client: Some(REBUILD_CLIENT.to_owned()),
            ..request.clone()
        };
        let deadline = Instant::now() + most;
        let mut said = String::new();
        let mut asked = self.request(&client, Method::POST, "").json(request);
        loop {
            let (status, answer) = self.answer(asked).await?;
            let news = news(status, &answer);
            if status == StatusCode::OK && !answer.images.is_empty() {
                return Ok(answer);
            }
            if !waits(status) {
                return Err(format!("{self} has no images: {status}, {}", answer.detail).into());
            }
            if news != said {
                eprintln!("{self}: {news}");
                said = news;
            }
            if Instant::now() + PACE > deadline {
                let seconds = most.as_secs();
                return Err(format!(
                    "{self} has no images after {seconds} s; give it more with --wait"
                )
                .into());
            }
            sleep(PACE).await;
            asked = match answer.request_hash.as_str() {
                // It was too busy to take the request.
                "" => self.request(&client, Method::POST, "").json(request),
                hash => self.request(&client, Method::GET, &format!("/{hash}")),
            };
        }
    }

    fn request(&self, client: &Client, method: Method, below: &str) -> reqwest::RequestBuilder {
        let mut url = self.0.clone();
        let path = format!("{}/api/v1/build{below}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        client.request(method, url)
    }

    async fn answer(
        &self,
        asked: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, BuildAnswer), Error> {
        let failed =
            |error: reqwest::Error| format!("{self} cannot be asked: {}", error.without_url());
        let mut response = asked.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return Err(format!("{self} answers with more than {LONGEST} bytes").into());
            }
        }
        let read = serde_json::from_slice(&body);
        let answer =
            read.map_err(|_| format!("{self} answers {status}, but not as API v1 does"))?;
        Ok((status, answer))
    }
}

/// Whether asking again later may go better.
fn waits(status: StatusCode) -> bool {
    matches!(status.as_u16(), 202 | 429 | 503 | 529)
}

fn news(status: StatusCode, answer: &BuildAnswer) -> String {
    match (status, answer.queue_position) {
        (StatusCode::ACCEPTED, Some(before)) => format!("queued, {before} before it"),
        (StatusCode::ACCEPTED, None) => answer.imagebuilder_status.clone(),
        _ => answer.detail.clone(),
    }
}
