//! The key that images and answers are signed with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use asu_signing::{KeyFileError, Signer};

/// The key that images and answers are signed with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Signing {
    /// Sign images and answers with the key PREFIX.sec (see asu-server keygen).
    ///
    /// Images that end in metadata of fwtool get a signature inside, as routers look for one; with
    /// certificates, if there is PREFIX.ucert.
    #[arg(long, value_name = "PREFIX", env = "ASU_KEY")]
    key: Option<PathBuf>,
}

impl Signing {
    /// The key, if there is to be one.
    pub(crate) fn signer(&self) -> Result<Option<Arc<Signer>>, KeyFileError> {
        let Some(prefix) = &self.key else {
            return Ok(None);
        };
        let signer = Signer::open(prefix, jiff::Timestamp::now().as_second())?;
        tracing::info!(key = signer.fingerprint(), "images and answers are signed");
        Ok(Some(Arc::new(signer)))
    }

    /// Its files, if there is to be one, each with what it is called in a backup. Not all need be there.
    pub(crate) fn files(&self) -> Vec<(PathBuf, &'static str)> {
        let Some(prefix) = &self.key else {
            return Vec::new();
        };
        ["key.sec", "key.pub", "key.ucert"]
            .map(|name| (with_ending_of(prefix, name), name))
            .into()
    }
}

fn with_ending_of(prefix: &Path, name: &str) -> PathBuf {
    let mut file = prefix.as_os_str().to_owned();
    file.push(name.trim_start_matches("key"));
    PathBuf::from(file)
}
