//! How much of the disk is taken, for every command that builds.

use asu_builder::DiskLimits;
use bytesize::ByteSize;

/// How much of the disk is taken.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Disk {
    /// How much disk space ImageBuilders may take: 500MB, 20GB, 20GiB; 0 is any.
    ///
    /// Those used least recently are removed, and fetched again when they are needed. One that is in
    /// use stays.
    #[arg(
        long = "imagebuilder-disk",
        value_name = "SIZE",
        env = "ASU_IMAGEBUILDER_DISK",
        default_value = "20GB"
    )]
    imagebuilders: ByteSize,

    /// How much disk space must be free before a download or a build begins; 0 is none.
    ///
    /// ImageBuilders are removed to get it. Builds fail where that is not enough, and are tried again.
    #[arg(
        long = "disk-floor",
        value_name = "SIZE",
        env = "ASU_DISK_FLOOR",
        default_value = "1GB"
    )]
    floor: ByteSize,
}

impl Disk {
    pub(crate) fn limits(self) -> DiskLimits {
        DiskLimits {
            imagebuilders: self.imagebuilders.as_u64(),
            floor: self.floor.as_u64(),
        }
    }
}
