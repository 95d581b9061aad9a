//! One file into the bucket, in parts if it is large, so that memory stays bounded.

use std::fs::File;
use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use object_store::aws::AmazonS3;
use object_store::{Attribute, Attributes, MultipartUpload, ObjectStore, path::Path as Key};

use crate::artifacts::blocking;
use crate::error::{ArtifactError, at, with};
use crate::plain::Measured;
use crate::{FileName, StoredFile};

/// The size of a part, bytes. All but the last are as large, which some stores ask for.
const PART: usize = 8 << 20;
/// How many parts are on their way at once, while another is read.
const AT_ONCE: usize = 2;

/// A file being read, with its next part.
type Read = (Measured<File>, Vec<u8>);

/// Uploads the file `path`, and measures the bytes that are sent. The store compares what arrives with
/// the digest that every request is signed with.
pub(super) async fn upload(
    store: &AmazonS3,
    key: &Key,
    path: &Path,
    name: &FileName,
) -> Result<StoredFile, ArtifactError> {
    let opened = path.to_owned();
    let file = blocking(move || File::open(&opened).map_err(at("opening", &opened))).await?;
    let (file, first) = read(Measured::new(file), path).await?;
    if first.len() < PART {
        let put = store.put_opts(key, first.into(), attributes(name).into());
        put.await.map_err(with("putting", key))?;
        return Ok(file.end(name));
    }
    let begun = store.put_multipart_opts(key, attributes(name).into());
    let mut upload = begun.await.map_err(with("putting", key))?;
    match send(&mut upload, (file, first), key, path).await {
        Ok(file) => Ok(file.end(name)),
        Err(error) => {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%key, %error, "parts of an upload stay in the bucket");
            }
            Err(error)
        }
    }
}

async fn send(
    upload: &mut Box<dyn MultipartUpload>,
    (mut file, mut part): Read,
    key: &Key,
    path: &Path,
) -> Result<Measured<File>, ArtifactError> {
    let mut on_their_way = FuturesUnordered::new();
    while !part.is_empty() {
        if on_their_way.len() == AT_ONCE {
            on_their_way
                .next()
                .await
                .transpose()
                .map_err(with("putting", key))?;
        }
        on_their_way.push(upload.put_part(part.into()));
        (file, part) = read(file, path).await?;
    }
    on_their_way
        .try_collect::<()>()
        .await
        .map_err(with("putting", key))?;
    upload.complete().await.map_err(with("putting", key))?;
    Ok(file)
}

async fn read(mut file: Measured<File>, path: &Path) -> Result<Read, ArtifactError> {
    let path = path.to_owned();
    blocking(move || {
        let part = file.piece(PART).map_err(at("reading", &path))?;
        Ok((file, part))
    })
    .await
}

/// What clients are told that the store itself answers, as this server tells them.
fn attributes(name: &FileName) -> Attributes {
    let disposition = format!("attachment; filename=\"{name}\"");
    Attributes::from_iter([
        (
            Attribute::ContentType,
            "application/octet-stream".to_owned(),
        ),
        (Attribute::ContentDisposition, disposition),
    ])
}
