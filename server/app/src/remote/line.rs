//! The line to the server a worker builds for: requests with the worker's token and name.

use std::time::Duration;

use asu_protocol::worker::{NAME_HEADER, PROTOCOL, PROTOCOL_HEADER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

/// How long a server may take for an answer it need not think about.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Why a request to the server came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The worker has lost the job.
    Lost(String),
    /// The server does not have files that were uploaded.
    Missing(String),
    /// What was sent did not arrive as it was sent, or the server does not take it.
    Wrong(String),
    /// The server wants nothing to do with this worker.
    Dismissed(String),
    /// The server or the network fails; later it may go better.
    Passing(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Lost(text)
        | Self::Missing(text)
        | Self::Wrong(text)
        | Self::Dismissed(text)
        | Self::Passing(text)) = self;
        f.write_str(text)
    }
}

/// The line. Cheap to clone.
#[derive(Clone)]
pub(super) struct Line {
    client: Client,
    /// The server's URL without a slash at its end.
    pub(super) server: String,
    token: String,
    name: String,
}

/// What a server says of a refusal.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    detail: serde_json::Value,
    cause: String,
    hint: String,
}

impl Line {
    pub(super) fn new(server: &str, token: String, name: String) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("asu-server/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            // A redirect would take the token somewhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| format!("there is no HTTP client: {error}"))?;
        Ok(Self {
            client,
            server: server.trim_end_matches('/').to_owned(),
            token,
            name,
        })
    }

    /// A request to `/api/v1/worker/PATH`.
    pub(super) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1/worker/{path}", self.server);
        self.client
            .request(method, url)
            .timeout(PATIENCE)
            .bearer_auth(&self.token)
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header(NAME_HEADER, &self.name)
    }

    /// Sends it; an answer that is no success is trouble.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let sent = request.send().await;
        let answer = sent.map_err(|error| Trouble::Passing(self.broken(&error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem = answer.json().await.unwrap_or_default();
        Err(self.refused(status, &problem))
    }

    fn refused(&self, status: StatusCode, problem: &Problem) -> Trouble {
        let detail = match &problem.detail {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => "it does not say why".to_owned(),
            fields => fields.to_string(),
        };
        let server = &self.server;
        let mut text = format!("{server} refuses ({}): {detail}", status.as_u16());
        if !problem.hint.is_empty() {
            text = format!("{text}. {}", problem.hint);
        }
        match problem.cause.as_str() {
            "lease-lost" => Trouble::Lost(text),
            "files-missing" => Trouble::Missing(text),
            "bad-upload" | "invalid-request" | "too-large" => Trouble::Wrong(text),
            "bad-token" | "worker-protocol" | "worker-name" => Trouble::Dismissed(text),
            _ => Trouble::Passing(text),
        }
    }

    /// "Connection refused" is said by the innermost error.
    fn broken(&self, error: &dyn std::error::Error) -> String {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        format!("{} cannot be asked: {innermost}", self.server)
    }

    /// Reads an answer.
    pub(super) async fn read<T: serde::de::DeserializeOwned>(
        &self,
        answer: Response,
    ) -> Result<T, Trouble> {
        let read = answer.json().await;
        read.map_err(|error| Trouble::Passing(self.broken(&error)))
    }
}
