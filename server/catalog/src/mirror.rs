//! Upstream over HTTP: conditional requests with limits on time and size.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::header::{
    ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{Client, Response, StatusCode};

use crate::CatalogError;
use crate::disk::{Disk, Validators};

/// Largest document accepted, bytes; upstream's largest index has 3 MB.
const MAX_BYTES: usize = 64 << 20;
/// How long upstream may send nothing.
const SILENCE: Duration = Duration::from_secs(5);
/// What upstream must send on average once it had [`SILENCE`] for it, bytes a second: a mirror that
/// trickles is as good as one that is down.
const SLOWEST: usize = 1024;

/// One upstream and the documents kept of it.
pub(crate) struct Mirror {
    client: Client,
    root: String,
    pub(crate) disk: Disk,
    /// Whether the last request was not answered, or not soon.
    ailing: AtomicBool,
}

/// Upstream's answer to a conditional request.
pub(crate) enum Fetched {
    /// The document has not changed.
    Unchanged,
    /// The document as it is now.
    Body(Vec<u8>, Validators),
}

impl Mirror {
    /// `timeout` bounds a whole request, from connecting to the last byte.
    pub(crate) fn new(root: &str, timeout: Duration, disk: Disk) -> Result<Self, CatalogError> {
        let root = root.trim_end_matches('/').to_owned();
        let client = Client::builder()
            .user_agent(concat!("asu-server/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(SILENCE))
            .read_timeout(timeout.min(SILENCE))
            .timeout(timeout)
            .build()
            .map_err(|error| CatalogError::Upstream {
                url: root.clone(),
                status: None,
                reason: error.to_string(),
            })?;
        Ok(Self {
            client,
            root,
            disk,
            ailing: AtomicBool::default(),
        })
    }

    /// Whether an answer can be expected soon, as far as the last request tells.
    pub(crate) fn is_well(&self) -> bool {
        !self.ailing.load(Ordering::Relaxed)
    }

    /// Notes that an answer did not come soon.
    pub(crate) fn doubt(&self) {
        self.ailing.store(true, Ordering::Relaxed);
    }

    /// The address of a document; a feed that lies elsewhere is named by its whole address.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.contains("://") {
            path.to_owned()
        } else {
            format!("{}/{path}", self.root)
        }
    }

    /// The mirror's address.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Asks for `path`, unless it still has `validators`.
    pub(crate) async fn fetch(
        &self,
        path: &str,
        validators: &Validators,
    ) -> Result<Fetched, CatalogError> {
        let fetched = self.exchange(path, validators).await;
        let silent = matches!(&fetched, Err(CatalogError::Upstream { status: None, .. }));
        self.ailing.store(silent, Ordering::Relaxed);
        fetched
    }

    async fn exchange(&self, path: &str, validators: &Validators) -> Result<Fetched, CatalogError> {
        let response = self.request(path, validators).await?;
        match response.status() {
            StatusCode::NOT_MODIFIED => Ok(Fetched::Unchanged),
            StatusCode::OK => {
                let validators = validators_of(response.headers());
                Ok(Fetched::Body(self.body(path, response).await?, validators))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(self.absent(path)),
            status => Err(CatalogError::Upstream {
                url: self.url(path),
                status: Some(status.as_u16()),
                reason: format!("upstream answers {status}"),
            }),
        }
    }

    async fn request(&self, path: &str, validators: &Validators) -> Result<Response, CatalogError> {
        let mut request = self.client.get(self.url(path));
        if let Some(etag) = &validators.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &validators.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        request
            .send()
            .await
            .map_err(|error| self.broken(path, &error))
    }

    async fn body(&self, path: &str, response: Response) -> Result<Vec<u8>, CatalogError> {
        let (mut body, begun) = (Vec::new(), Instant::now());
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| self.broken(path, &error))?);
            if body.len() > MAX_BYTES {
                return Err(self.invalid(path, &format!("it is larger than {MAX_BYTES} bytes")));
            }
            if is_trickle(body.len(), begun.elapsed()) {
                return Err(self.invalid(path, "upstream sends it too slowly"));
            }
        }
        Ok(body)
    }

    fn broken(&self, path: &str, error: &reqwest::Error) -> CatalogError {
        if error.is_timeout() {
            return self.late(path);
        }
        self.invalid(path, &innermost(error))
    }

    /// The error for a document that did not come while somebody waited for it.
    pub(crate) fn late(&self, path: &str) -> CatalogError {
        self.invalid(path, "upstream did not answer in time")
    }

    /// The error for a document that does not exist.
    pub(crate) fn absent(&self, path: &str) -> CatalogError {
        CatalogError::Upstream {
            url: self.url(path),
            status: Some(StatusCode::NOT_FOUND.as_u16()),
            reason: "upstream does not have it".to_owned(),
        }
    }

    /// The error for a document that cannot be used.
    pub(crate) fn invalid(&self, path: &str, reason: &str) -> CatalogError {
        CatalogError::Upstream {
            url: self.url(path),
            status: None,
            reason: reason.to_owned(),
        }
    }
}

fn is_trickle(bytes: usize, time: Duration) -> bool {
    let seconds = usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
    time > SILENCE && bytes / SLOWEST < seconds
}

/// The text at the end of the chain, where "connection refused" is said.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn validators_of(headers: &HeaderMap) -> Validators {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
    Validators {
        etag: text(ETAG),
        last_modified: text(LAST_MODIFIED),
    }
}
