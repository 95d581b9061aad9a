//! What the server asks of a bucket when it starts, so that a wrong setting is told then.

use futures_util::StreamExt;
use object_store::aws::AmazonS3;
use object_store::{Error, ObjectStore, ObjectStoreExt, path::Path as Key};

use super::BucketSettings;
use crate::ArtifactError;

/// The object that is put and removed; no folder has its name.
const PROBE: &str = ".asu-server";

/// Lists, puts and removes as a server does later, with one small object.
pub(super) async fn check(
    store: &AmazonS3,
    prefix: &Key,
    settings: &BucketSettings,
) -> Result<(), ArtifactError> {
    look(store, prefix, settings).await?;
    let probe = prefix.clone().join(PROBE);
    let told = |error| ArtifactError::Unusable(explained(&error, settings));
    store
        .put(&probe, "asu-server may write here".into())
        .await
        .map_err(told)?;
    store.delete(&probe).await.map_err(told)
}

/// Lists, with the one object in mind.
pub(super) async fn look(
    store: &AmazonS3,
    prefix: &Key,
    settings: &BucketSettings,
) -> Result<(), ArtifactError> {
    let probe = prefix.clone().join(PROBE);
    let listed = store.list(Some(&probe)).next().await.transpose();
    listed
        .map(drop)
        .map_err(|error| ArtifactError::Unusable(explained(&error, settings)))
}

/// What happened, why, and what to do, of what S3 servers say in their various ways.
fn explained(error: &Error, settings: &BucketSettings) -> String {
    let (url, server) = (&settings.url, settings.server());
    let said = error.to_string();
    let says = |codes: &[&str]| codes.iter().any(|code| said.contains(code));
    if says(&["NoSuchBucket"]) {
        return format!(
            "there is no bucket {url} at {server}; make it, or correct --images or --s3-endpoint"
        );
    }
    if says(&[
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "ExpiredToken",
        "401",
    ]) {
        return format!(
            "{server} does not know the credentials for {url}, or their secret is wrong; \
            give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --s3-credentials: {said}"
        );
    }
    if says(&["AccessDenied", "403"]) {
        return format!(
            "{server} denies access to {url}; allow its user s3:ListBucket of the bucket, and \
            s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix: {said}"
        );
    }
    format!(
        "the bucket {url} cannot be used at {server}; check --s3-endpoint and whether it runs: {said}"
    )
}
