//! One build, from canonical request to image files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use asu_index::adb;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::worker::BuildOutput;
use tokio::sync::RwLock;

use crate::depot::Depot;
use crate::gateway::Packages;
use crate::imagebuilders::ImageBuilders;
use crate::upstream::Upstream;
use crate::usign::PublicKey;
use crate::{BuildError, DiskLimits, Failure, Sandbox, disk, openpgp};

/// How builds are made.
#[derive(Debug, Clone)]
pub struct BuilderConfig {
    /// The mirror's root, e.g. `https://downloads.openwrt.org`.
    pub upstream: String,
    /// The folder of unpacked ImageBuilders and of running builds; made if absent.
    pub dir: PathBuf,
    /// Whose ImageBuilders are run.
    pub trust: Trust,
    /// How long one build may take, and how long its ImageBuilder's download.
    pub time_limit: Duration,
    /// An unpacked ImageBuilder that every build is made with; where absent, the mirror's are.
    pub imagebuilder: Option<PathBuf>,
    /// How much of the disk may be taken.
    pub disk: DiskLimits,
    /// How builds are confined; where absent, they run as this process does, and reach what it does.
    pub sandbox: Option<Sandbox>,
    /// Where confined builds get packages from.
    pub packages: PackageConfig,
}

/// How package feeds are read for confined builds.
#[derive(Debug, Clone)]
pub struct PackageConfig {
    /// How many bytes of packages and indexes are kept, for later builds and for when the mirror is
    /// down; what was not used for longest goes first. 0 keeps nothing.
    pub disk: u64,
    /// Keys that may sign the mirror's `packages.adb`, besides those of the ImageBuilder. No index is
    /// checked with any of them if the mirror is used unsigned ([`Trust::Unsigned`]).
    pub apk_keys: Vec<adb::PublicKey>,
}

impl Default for PackageConfig {
    /// 10 GB, and no keys.
    fn default() -> Self {
        Self {
            disk: 10_000_000_000,
            apk_keys: Vec::new(),
        }
    }
}

/// Whose ImageBuilders are run.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Those listed in a `sha256sums` signed with one of these keys; without any, none.
    Keys {
        /// Keys of usign, which sign `sha256sums.sig`, and the package indexes of opkg.
        usign: Vec<PublicKey>,
        /// Keys of OpenPGP, which sign `sha256sums.asc`; asked where there is no `sha256sums.sig`, or
        /// no key for it.
        openpgp: Vec<openpgp::PublicKey>,
    },
    /// Any: for mirrors without signatures, on a network that is trusted.
    Unsigned,
}

impl Trust {
    /// The keys of usign.
    pub(crate) fn keys(&self) -> &[PublicKey] {
        match self {
            Self::Keys { usign, .. } => usign,
            Self::Unsigned => &[],
        }
    }

    /// Whether there is any key, so that somebody vouches for what ImageBuilders bring along.
    pub(crate) fn has_keys(&self) -> bool {
        match self {
            Self::Keys { usign, openpgp } => !(usign.is_empty() && openpgp.is_empty()),
            Self::Unsigned => false,
        }
    }
}

/// The file beside the images with all that was said while they were made, both streams in the order
/// they came; at most the last MiB.
pub const BUILD_LOG: &str = "build.log";

/// What a build tells of itself as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins this [`asu_protocol::build::stage`].
    Stage(&'a str),
    /// It is so far with what takes its time, such as a download: a line for people.
    Note(&'a str),
    /// What the ImageBuilder says: whole lines of its output and of its complaints, as they come,
    /// without this server's paths.
    Said(&'a str),
}

/// Makes images with upstream's ImageBuilders. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) upstream: Upstream,
    pub(crate) trust: Trust,
    pub(crate) time_limit: Duration,
    pub(crate) depot: Arc<Depot>,
    pub(crate) imagebuilders: ImageBuilders,
    pub(crate) imagebuilder: Option<PathBuf>,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) packages: Arc<Packages>,
    pub(crate) apk_keys: Vec<adb::PublicKey>,
    /// Whether that can lay a build's files over those of its ImageBuilder.
    pub(crate) layers: bool,
    /// Where builds and downloads have their temporary folders.
    pub(crate) scratch: PathBuf,
    /// Read-locked by each workspace until its folder is gone.
    pub(crate) remains: Arc<RwLock<()>>,
    /// Held as long as `scratch` is used, so that no other server takes it for a crash's remains.
    _lock: File,
}

impl Builder {
    /// Makes the folders ready, removes what a crash left behind, and tries the sandbox.
    pub fn new(config: BuilderConfig) -> Result<Self, BuildError> {
        let storage = |error| BuildError::storage("Preparing the builder's folder", &error);
        std::fs::create_dir_all(&config.dir).map_err(storage)?;
        let dir = config.dir.canonicalize().map_err(storage)?;
        refuse_unusable(&dir)?;
        let scratch = dir.join("scratch");
        let imagebuilder = config.imagebuilder.map(|tree| tree.canonicalize());
        let imagebuilder = imagebuilder.transpose().map_err(storage)?;
        let lock = claim(&dir, &scratch).map_err(storage)?;
        let layers = match &config.sandbox {
            Some(sandbox) => sandbox.check(&scratch)?,
            None => false,
        };
        let upstream = Upstream::new(&config.upstream)?;
        let trust = config.trust;
        let depot = Depot::open(&dir, scratch.clone(), config.disk).map_err(storage)?;
        let depot = Arc::new(depot);
        let imagebuilders = ImageBuilders::new(upstream.clone(), trust.clone(), Arc::clone(&depot));
        let time_limit = config.time_limit;
        let PackageConfig { disk, apk_keys } = config.packages;
        let packages = Packages::open(&dir.join("packages"), disk, scratch.clone());
        let inner = Inner {
            upstream,
            trust,
            time_limit,
            depot,
            imagebuilders,
            imagebuilder,
            sandbox: config.sandbox,
            packages: Arc::new(packages.map_err(storage)?),
            apk_keys,
            layers,
            scratch,
            remains: Arc::default(),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Builds `request`, which must be canonical, and puts the images into `out` (made if absent),
    /// with the `profiles.json` that tells of them and `build.log`, which is also there of a build
    /// that failed once the ImageBuilder had said something.
    ///
    /// `profiles` are upstream's for the request's target. `progress` is told what happens as it
    /// happens. Dropping the future ends the build and everything it started.
    pub async fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        crate::run::run(&self.inner, request, profiles, progress, out).await
    }

    /// Obtains the ImageBuilder of a target, and what it says of itself, before a build needs them.
    pub async fn warm(&self, version: &VersionName, target: &Target) -> Result<(), BuildError> {
        crate::warm::warm(&self.inner, version, target).await
    }

    /// Removes the ImageBuilders that go beyond the limits, unless they are in use.
    pub fn tidy(&self) {
        self.inner.depot.tidy_or_warn();
    }

    /// Waits until the folders of builds that have ended are removed, which goes on behind them.
    pub async fn tidied(&self) {
        let _ = self.inner.remains.write().await;
    }
}

/// `make` cannot cope with paths that have spaces or characters of its own or the shell's.
fn refuse_unusable(dir: &Path) -> Result<(), BuildError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/._+@-".contains(c);
    if dir.to_str().is_some_and(|text| text.chars().all(allowed)) {
        return Ok(());
    }
    let detail = format!("Error: no image can be built below {}", dir.display());
    let hint = "Choose a folder whose path has only letters, digits and / . _ + @ - in it.";
    Err(BuildError::infrastructure(Failure::new(
        "storage", detail, hint,
    )))
}

/// Empties `scratch`, unless another server uses it too.
fn claim(dir: &Path, scratch: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(scratch)?;
    let lock = File::create(dir.join("lock"))?;
    if lock.try_lock().is_ok() {
        for remains in std::fs::read_dir(scratch)? {
            disk::remove(&remains?.path())?;
        }
        lock.unlock()?;
    }
    lock.lock_shared()?;
    Ok(lock)
}
