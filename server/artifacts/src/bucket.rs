//! The home in a bucket of an S3-compatible store: `PREFIX/<folder>/<file>`.

mod check;
mod credentials;
mod object;
mod settings;
mod upload;

use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as Key};

use crate::artifacts::blocking;
use crate::error::{ArtifactError, at, with};
use crate::plain::sorted_out;
use crate::{FileName, FolderName, StoredFile};

pub use credentials::{Credentials, CredentialsError};
pub use object::Object;
pub use settings::{BucketSettings, BucketUrl, BucketUrlError, HandOut};

#[derive(Debug, Clone)]
pub(crate) struct Bucket(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// For workers: it asks again for long.
    patient: AmazonS3,
    /// For clients, who wait: it soon gives up.
    brisk: AmazonS3,
    /// Signs addresses for clients.
    signing: AmazonS3,
    prefix: Key,
    hand_out: HandOut,
}

impl Bucket {
    pub(crate) async fn open(settings: BucketSettings) -> Result<Self, ArtifactError> {
        let inner = settings.connect()?;
        check::check(&inner.brisk, &inner.prefix, &settings).await?;
        Ok(Self(Arc::new(inner)))
    }

    pub(crate) async fn put(
        &self,
        folder: &FolderName,
        from: &Path,
    ) -> Result<Vec<StoredFile>, ArtifactError> {
        if self.has(folder).await? {
            return Err(ArtifactError::Taken(folder.clone()));
        }
        let stored = self.put_files(folder, from).await;
        if stored.is_err()
            && let Err(error) = self.remove(folder).await
        {
            tracing::warn!(%error, "what was uploaded stays until images of no answer are removed");
        }
        stored
    }

    pub(crate) async fn has(&self, folder: &FolderName) -> Result<bool, ArtifactError> {
        Ok(!self.keys_of(folder).await?.is_empty())
    }

    async fn put_files(
        &self,
        folder: &FolderName,
        from: &Path,
    ) -> Result<Vec<StoredFile>, ArtifactError> {
        let out = from.to_owned();
        let (plain, _) = blocking(move || sorted_out(&out)).await?;
        let mut stored = Vec::with_capacity(plain.len());
        for name in plain {
            let key = self.key(folder).join(name.as_str());
            let path = from.join(name.as_str());
            stored.push(upload::upload(&self.0.patient, &key, &path, &name).await?);
        }
        let out = from.to_owned();
        blocking(move || std::fs::remove_dir_all(&out).map_err(at("removing", &out))).await?;
        Ok(stored)
    }

    pub(crate) async fn find(
        &self,
        folder: &FolderName,
        file: &FileName,
    ) -> Result<Option<Object>, ArtifactError> {
        let key = self.key(folder).join(file.as_str());
        match self.0.brisk.head(&key).await {
            Ok(meta) => Ok(Some(Object::new(self.clone(), meta, folder, file))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(with("looking at", &key)(error)),
        }
    }

    pub(crate) async fn remove(&self, folder: &FolderName) -> Result<(), ArtifactError> {
        let keys = self.keys_of(folder).await?;
        let keys = stream::iter(keys.into_iter().map(Ok)).boxed();
        let removed = self.0.patient.delete_stream(keys).try_collect::<Vec<_>>();
        match removed.await {
            // Another server was faster.
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(with("removing", &self.key(folder))(error)),
        }
    }

    pub(crate) async fn folders(&self) -> Result<Vec<FolderName>, ArtifactError> {
        let listed = self.0.patient.list_with_delimiter(Some(&self.0.prefix));
        let listed = listed.await.map_err(with("listing", &self.0.prefix))?;
        let names = listed.common_prefixes.iter().filter_map(Key::filename);
        Ok(names
            .filter_map(|name| FolderName::new(name).ok())
            .collect())
    }

    async fn keys_of(&self, folder: &FolderName) -> Result<Vec<Key>, ArtifactError> {
        let prefix = self.key(folder);
        let listed = self
            .0
            .patient
            .list(Some(&prefix))
            .map_ok(|meta| meta.location);
        listed.try_collect().await.map_err(with("listing", &prefix))
    }

    fn key(&self, folder: &FolderName) -> Key {
        self.0.prefix.clone().join(folder.as_str())
    }
}
