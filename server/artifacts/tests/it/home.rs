//! A place for images, and what tests do with it.

use std::fs;
use std::path::PathBuf;

use asu_artifacts::{
    Artifacts, BucketSettings, Credentials, FileName, FolderName, Found, HandOut, Object,
};
use asu_test_s3::{BUCKET, KEY, SECRET, Server};
use futures_util::TryStreamExt;
use tempfile::TempDir;

pub(crate) struct Home {
    pub(crate) artifacts: Artifacts,
    pub(crate) dir: TempDir,
    /// The S3 server, if it is a bucket.
    pub(crate) server: Option<Server>,
}

impl Home {
    pub(crate) fn on_disk() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::on_disk(dir.path().join("store")).unwrap();
        Self {
            artifacts,
            dir,
            server: None,
        }
    }

    pub(crate) async fn in_bucket() -> Self {
        Self::handed_out(HandOut::Proxied).await
    }

    pub(crate) async fn handed_out(hand_out: HandOut) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start();
        let settings = settings(&server, credentials(SECRET), hand_out);
        let artifacts = Artifacts::in_bucket(settings).await.unwrap();
        Self {
            artifacts,
            dir,
            server: Some(server),
        }
    }

    pub(crate) fn server(&mut self) -> &mut Server {
        self.server.as_mut().unwrap()
    }

    /// A finished build of these files.
    pub(crate) fn finished(&self, files: &[(&str, &[u8])]) -> PathBuf {
        let from = self.dir.path().join("out");
        fs::create_dir(&from).unwrap();
        for (name, bytes) in files {
            fs::write(from.join(name), bytes).unwrap();
        }
        from
    }

    pub(crate) async fn put(&self, to: &FolderName, files: &[(&str, &[u8])]) {
        self.artifacts.put(to, &self.finished(files)).await.unwrap();
    }

    /// The bytes of a stored file, if there is one.
    pub(crate) async fn read(&self, folder: &FolderName, name: &str) -> Option<Vec<u8>> {
        match self.artifacts.find(folder, &file(name)).await.unwrap()? {
            Found::File(path) => Some(fs::read(path).unwrap()),
            Found::Object(object) => Some(bytes(&object, 0..object.size()).await),
        }
    }

    pub(crate) async fn object(&self, folder: &FolderName, name: &str) -> Object {
        let found = self.artifacts.find(folder, &file(name)).await.unwrap();
        let Some(Found::Object(object)) = found else {
            panic!("{found:?} is no object");
        };
        object
    }
}

pub(crate) async fn bytes(object: &Object, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces: Vec<_> = object.read(range).try_collect().await.unwrap();
    pieces.concat()
}

pub(crate) fn settings(
    server: &Server,
    credentials: Credentials,
    hand_out: HandOut,
) -> BucketSettings {
    BucketSettings {
        url: format!("s3://{BUCKET}/some/where").parse().unwrap(),
        endpoint: Some(server.url()),
        region: None,
        credentials: Some(credentials),
        hand_out,
    }
}

/// The test server's key with this secret, by way of a file.
pub(crate) fn credentials(secret: &str) -> Credentials {
    let text = format!("[default]\naws_access_key_id = {KEY}\naws_secret_access_key={secret}\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    Credentials::read(file.path(), "default").unwrap()
}

pub(crate) fn folder(digit: char) -> FolderName {
    FolderName::of(&digit.to_string().repeat(64), 1).unwrap()
}

pub(crate) fn file(name: &str) -> FileName {
    FileName::new(name).unwrap()
}

/// Bytes that do not repeat.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()
    };
    (0..size.div_ceil(4))
        .flat_map(|_| next())
        .take(size)
        .collect()
}
