use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use thiserror::Error;

use super::{Credentials, Inner};
use crate::ArtifactError;

/// How long one request that changes something is repeated before it has failed. The job is tried
/// again after that.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long one request is repeated for a client, who waits for it.
const BRISKNESS: Duration = Duration::from_secs(8);
/// The longest pause between two tries of a request.
const PAUSE: Duration = Duration::from_secs(3);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one request of a worker may take; it carries 8 MiB at most.
const REQUEST: Duration = Duration::from_mins(2);

/// Where a bucket is: `s3://BUCKET/PREFIX`, or `s3://BUCKET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketUrl {
    bucket: String,
    prefix: Key,
}

/// Why a text is no address of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("give a bucket as s3://BUCKET or s3://BUCKET/PREFIX; its server is set by --s3-endpoint")]
pub struct BucketUrlError;

impl FromStr for BucketUrl {
    type Err = BucketUrlError;

    fn from_str(text: &str) -> Result<Self, BucketUrlError> {
        let place = text.strip_prefix("s3://").ok_or(BucketUrlError)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(plain) {
            return Err(BucketUrlError);
        }
        let (bucket, prefix) = (bucket.to_owned(), prefix.trim_matches('/'));
        let prefix = Key::parse(prefix).map_err(|_| BucketUrlError)?;
        Ok(Self { bucket, prefix })
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_root() {
            write!(f, "/{}", self.prefix)?;
        }
        Ok(())
    }
}

/// How clients get what is in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOut {
    /// The server reads it for them.
    Proxied,
    /// By an address that is theirs for a while.
    Signed {
        /// How long.
        valid: Duration,
        /// The S3 server as clients reach it, if that is by another address.
        endpoint: Option<String>,
    },
    /// By the address of a folder that anybody may read, as of a CDN; without a slash at its end.
    Public(String),
}

/// A bucket and how to use it.
#[derive(Debug, Clone)]
pub struct BucketSettings {
    /// Which one.
    pub url: BucketUrl,
    /// The S3 server, as `http://minio.lan:9000`; Amazon's own if it is not said.
    pub endpoint: Option<String>,
    /// Its region; `us-east-1` if it is not said, which most servers other than Amazon's ignore.
    pub region: Option<String>,
    /// Who uses it, unless the environment says (`AWS_ACCESS_KEY_ID`).
    pub credentials: Option<Credentials>,
    /// How clients get at images.
    pub hand_out: HandOut,
}

impl BucketSettings {
    /// Where the S3 server is, for messages.
    pub(super) fn server(&self) -> String {
        let known = self
            .builder()
            .get_config_value(&AmazonS3ConfigKey::Endpoint);
        known.unwrap_or_else(|| "Amazon S3".to_owned())
    }

    pub(super) fn connect(&self) -> Result<Inner, ArtifactError> {
        let patient = ClientOptions::new().with_timeout(REQUEST);
        // A download takes as long as its client likes; what stalls is noticed while it is read.
        let brisk = ClientOptions::new().with_timeout_disabled();
        let signing = match &self.hand_out {
            HandOut::Signed {
                endpoint: Some(endpoint),
                ..
            } => Some(endpoint.as_str()),
            _ => None,
        };
        Ok(Inner {
            patient: self.store(patient, PATIENCE, None)?,
            brisk: self.store(brisk.clone(), BRISKNESS, None)?,
            signing: self.store(brisk, BRISKNESS, signing)?,
            prefix: self.url.prefix.clone(),
            hand_out: self.hand_out.clone(),
        })
    }

    fn store(
        &self,
        options: ClientOptions,
        patience: Duration,
        endpoint: Option<&str>,
    ) -> Result<AmazonS3, ArtifactError> {
        let mut builder = self.builder();
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
        let plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
        let retry = RetryConfig {
            backoff: BackoffConfig {
                max_backoff: PAUSE,
                ..BackoffConfig::default()
            },
            max_retries: usize::MAX,
            retry_timeout: patience,
        };
        let options = options.with_connect_timeout(CONNECT).with_allow_http(plain);
        let built = builder
            .with_client_options(options)
            .with_retry(retry)
            .build();
        built.map_err(|error| {
            ArtifactError::Unusable(format!("the bucket {} cannot be used: {error}", self.url))
        })
    }

    fn builder(&self) -> AmazonS3Builder {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&self.url.bucket);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        let known = builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId);
        match (&self.credentials, known) {
            (Some(credentials), None) => credentials.give_to(builder),
            _ => builder,
        }
    }
}
