//! One build, from canonical request to image files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::{Image, TargetProfiles, Title};

use crate::usign::PublicKey;
use crate::{BuildError, Failure};

/// How builds are made.
#[derive(Debug, Clone)]
pub struct BuilderConfig {
    /// The mirror's root, e.g. `https://downloads.openwrt.org`.
    pub upstream: String,
    /// The folder of unpacked ImageBuilders and of running builds; made if absent.
    pub dir: PathBuf,
    /// Whose ImageBuilders are run.
    pub trust: Trust,
    /// How long one build may take.
    pub time_limit: Duration,
}

/// Whose ImageBuilders are run.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Those listed in a `sha256sums` signed with one of these keys; an empty list refuses all.
    Keys(Vec<PublicKey>),
    /// Any: for mirrors without signatures, on a network that is trusted.
    Unsigned,
}

/// What a build gave; the image files lie in the folder it was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildOutput {
    /// The image files, with SHA-256 and size of the final bytes.
    pub images: Vec<Image>,
    /// What every image file's name begins with.
    pub image_prefix: String,
    /// The packages in the image, with their versions.
    pub manifest: BTreeMap<String, String>,
    /// The profile built.
    pub id: String,
    /// The target built for.
    pub target: String,
    /// The release built, e.g. `24.10.2`.
    pub version_number: String,
    /// The revision built, e.g. `r28739-d9340319c6`.
    pub version_code: String,
    /// The names a device may report to be given this image.
    pub supported_devices: Vec<String>,
    /// The device's names for people.
    pub titles: Vec<Title>,
    /// What the ImageBuilder printed, at most the last 256 KiB.
    pub stdout: String,
    /// What the ImageBuilder complained, at most the last 256 KiB.
    pub stderr: String,
}

/// Makes images with upstream's ImageBuilders. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Builder {
    config: std::sync::Arc<BuilderConfig>,
}

impl Builder {
    /// Makes the folders ready and removes what a crash left behind.
    pub fn new(config: BuilderConfig) -> Result<Self, BuildError> {
        Ok(Self {
            config: std::sync::Arc::new(config),
        })
    }

    /// Builds `request`, which must be canonical, and puts the images into `out` (made if absent).
    ///
    /// `progress` is told each [`asu_protocol::build::stage`] as it begins. Dropping the future ends
    /// the build and everything it started.
    pub async fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(&str) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        let _ = (&self.config, request, profiles, progress, out);
        Err(BuildError::Infrastructure(Box::new(Failure::default())))
    }
}
