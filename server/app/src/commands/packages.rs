//! How packages are kept, for every command that builds.

use asu_builder::PackageConfig;
use bytesize::ByteSize;

use super::Error;
use super::upstream::Upstream;

/// How packages are kept.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct CacheSize {
    /// How much disk packages and indexes may take that are kept for later builds: 10GB, 500MiB.
    ///
    /// What was not used for longest goes first. 0 keeps nothing: then nothing is built while the
    /// mirror is down. Builds that are not confined do not use it.
    #[arg(
        long = "package-cache-disk",
        value_name = "SIZE",
        env = "ASU_PACKAGE_CACHE_DISK",
        default_value = "10GB"
    )]
    disk: ByteSize,
}

impl CacheSize {
    /// The limit.
    pub(crate) fn bytes(self) -> u64 {
        self.disk.as_u64()
    }

    /// For a builder that uses this upstream.
    pub(crate) fn config(self, upstream: &Upstream) -> Result<PackageConfig, Error> {
        Ok(PackageConfig {
            disk: self.bytes(),
            apk_keys: upstream.apk_keys()?,
        })
    }
}
