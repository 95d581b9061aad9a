use std::ops::Range;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::Method;
use object_store::signer::Signer;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore};
use tokio::time::{Instant, sleep, timeout};

use super::{Bucket, HandOut};
use crate::error::{ArtifactError, with};
use crate::{FileName, FolderName};

/// How long the store may send nothing before it is asked anew for the rest.
const SILENCE: Duration = Duration::from_secs(10);
/// How long it is asked anew before a download is broken off.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time between two such attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// A file in the bucket.
#[derive(Debug, Clone)]
pub struct Object {
    bucket: Bucket,
    meta: ObjectMeta,
    /// Its place below the prefix, as part of a URL.
    place: String,
}

impl Object {
    pub(super) fn new(
        bucket: Bucket,
        meta: ObjectMeta,
        folder: &FolderName,
        file: &FileName,
    ) -> Self {
        // The only character of a file's name that some servers read otherwise.
        let place = format!("{folder}/{}", file.as_str().replace('+', "%2B"));
        Self {
            bucket,
            meta,
            place,
        }
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.meta.size
    }

    /// What the store calls these bytes (`ETag`), in quotes, if it says.
    pub fn tag(&self) -> Option<&str> {
        self.meta.e_tag.as_deref()
    }

    /// When it was put.
    pub fn changed(&self) -> SystemTime {
        self.meta.last_modified.into()
    }

    /// The address where clients are to get it, if not from this server.
    pub async fn link(&self) -> Result<Option<String>, ArtifactError> {
        match &self.bucket.0.hand_out {
            HandOut::Proxied => Ok(None),
            HandOut::Public(base) => Ok(Some(format!("{base}/{}", self.place))),
            HandOut::Signed { valid, .. } => {
                let store = &self.bucket.0.signing;
                let signed = store.signed_url(Method::GET, &self.meta.location, *valid);
                let url = signed
                    .await
                    .map_err(with("signing an address of", &self.meta.location))?;
                Ok(Some(url.into()))
            }
        }
    }

    /// Its bytes from `range.start` to before `range.end`, as they come. Where the store breaks off or
    /// falls silent, it is asked for the rest.
    pub fn read(
        &self,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, ArtifactError>> + Send + 'static {
        let reading = Reading {
            object: self.clone(),
            rest: range,
            open: None,
        };
        stream::try_unfold(reading, |mut reading| async {
            let bytes = reading.next().await?;
            Ok(bytes.map(|bytes| (bytes, reading)))
        })
    }
}

struct Reading {
    object: Object,
    rest: Range<u64>,
    open: Option<BoxStream<'static, Result<Bytes, Error>>>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, ArtifactError> {
        let since = Instant::now();
        while !self.rest.is_empty() {
            let error = match timeout(SILENCE, self.piece()).await {
                Ok(Ok(Some(bytes))) => {
                    self.rest.start += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                Ok(Ok(None)) => broken("it ended early"),
                Ok(Err(error)) => error,
                Err(_) => broken("it is silent"),
            };
            self.open = None;
            if since.elapsed() > PATIENCE || matches!(error, Error::NotFound { .. }) {
                return Err(with("reading", &self.object.meta.location)(error));
            }
            tracing::info!(%error, "a download is asked for anew");
            sleep(PAUSE).await;
        }
        Ok(None)
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        if self.open.is_none() {
            let options = GetOptions {
                range: Some(GetRange::Bounded(self.rest.clone())),
                ..GetOptions::default()
            };
            let store = &self.object.bucket.0.brisk;
            let got = store.get_opts(&self.object.meta.location, options).await?;
            self.open = Some(got.into_stream());
        }
        let Some(open) = &mut self.open else {
            return Ok(None);
        };
        open.next().await.transpose()
    }
}

fn broken(how: &'static str) -> Error {
    Error::Generic {
        store: "S3",
        source: how.into(),
    }
}
