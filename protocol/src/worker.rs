//! What a server and the workers that build for it say to each other: `/api/v1/worker/…`.
//!
//! Each request carries the number of this [`PROTOCOL`], the worker's name and its token as headers;
//! each answer to it carries the server's number. All times are milliseconds, all sizes bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::build::BuildRequest;
use crate::name::{Target, VersionName};
use crate::problem::PackageProblem;
use crate::profiles::{Image, TargetProfiles, Title};

/// The number of what is described here. It changes when one side would misunderstand the other, and
/// a server and a worker whose numbers differ do not work together.
pub const PROTOCOL: u32 = 1;

/// The header with the number of the sender's protocol.
pub const PROTOCOL_HEADER: &str = "x-worker-protocol";

/// The header with the worker's name.
pub const NAME_HEADER: &str = "x-worker";

/// Longest name of a worker, characters; it has letters, digits and `. _ -` only.
pub const LONGEST_NAME: usize = 64;

/// Whether a worker may be called so.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain)
}

/// What a worker says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct About {
    /// The version of its program, for people.
    pub version: String,
    /// What it runs programs for: `x86_64`.
    pub arch: String,
    /// Processors it may use at once.
    pub cores: u32,
    /// What is free on its disk, bytes.
    pub disk_free: u64,
}

/// A worker asks for a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wish {
    /// The worker, as it is now.
    pub about: About,
    /// The ImageBuilders it has at hand: jobs for these are preferred, within limits.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 64))]
    pub imagebuilders: Vec<Place>,
    /// How long it waits for one, milliseconds; the server may answer sooner that there is none.
    pub wait_ms: u64,
}

/// Most ImageBuilders a worker names.
pub const MOST_PLACES: usize = 64;

/// What an ImageBuilder is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// The release.
    pub version: VersionName,
    /// The target.
    pub target: Target,
}

/// How a server's builds are to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Terms {
    /// The mirror to build from: the URL above its `releases/`.
    pub upstream: String,
    /// Whether ImageBuilders without a signature are run; if so, there are no keys.
    pub unsigned: bool,
    /// Public keys of usign that may sign the mirror's files, as they are written in files.
    pub usign: Vec<String>,
    /// Files of OpenPGP keys that may sign the mirror's `sha256sums`, base64.
    pub openpgp: Vec<String>,
    /// Public keys (PEM) that may sign the mirror's `packages.adb`.
    pub apk: Vec<String>,
    /// How long one build may take, milliseconds; obtaining its ImageBuilder may take as long again.
    pub time_limit_ms: u64,
    /// How much memory each process of a build may take, bytes.
    pub memory: u64,
    /// How much disk the files of a build may take, bytes; and those that are uploaded of it.
    pub disk: u64,
    /// How many processes a build may have at once.
    pub processes: u64,
}

/// What a worker is told when it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Welcome {
    /// The version of the server, for people.
    pub version: String,
    /// The name of the token that the worker has shown.
    pub token: String,
    /// The targets it is given jobs for: `ath79/generic`, `ath79/*`; or `*` for all.
    pub targets: Vec<String>,
    /// How builds are to be made.
    pub terms: Terms,
}

/// A job for a worker, which is its own until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// The identity of the request.
    pub request_hash: String,
    /// The number of the lease.
    pub lease: i64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The request, in its canonical form.
    pub request: BuildRequest,
    /// What the mirror tells of the target, with the one device of the request.
    pub profiles: TargetProfiles,
    /// How long the lease lasts after a report, milliseconds.
    pub lease_ms: u64,
    /// How often to report, milliseconds.
    pub heartbeat_ms: u64,
    /// How long the job may take in all, milliseconds.
    pub limit_ms: u64,
    /// How the build is to be made.
    pub terms: Terms,
}

/// What a build tells of itself as it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum News {
    /// It begins this [`crate::build::stage`].
    Stage(String),
    /// It is so far with what takes its time: a line for people.
    Note(String),
    /// What the ImageBuilder says: whole lines.
    Said(String),
}

/// A sign of life, with what has happened since the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// What happened, in its order; may be empty.
    #[serde(default)]
    pub news: Vec<News>,
}

/// The packages an image will have, as the server's planner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Foreseen {
    /// Name to version; null where only the ImageBuilder knows the version.
    pub packages: BTreeMap<String, Option<String>>,
    /// Whether there is no other way to choose them.
    pub is_certain: bool,
}

/// What can be foreseen of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Foresight {
    /// Absent if nothing can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreseen: Option<Foreseen>,
}

/// A file of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its length, bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// How a build ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finish {
    /// What came of it.
    pub outcome: Outcome,
    /// Every file that was uploaded and belongs to it.
    #[serde(default)]
    pub files: Vec<File>,
}

/// What came of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// Images.
    Built(Box<BuildOutput>),
    /// None, and that is the request's fault.
    Refused(Fault),
    /// None, and another try may go better.
    Failed(Fault),
}

/// Why a build gave no image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// A stable code, see [`crate::problem::Problem::cause`].
    pub cause: String,
    /// What happened, for a person.
    pub detail: String,
    /// What to do next, for a person; may be empty.
    #[serde(default)]
    pub hint: String,
    /// The packages at fault, if any.
    #[serde(default)]
    pub packages: Vec<PackageProblem>,
    /// What the ImageBuilder printed, at most the last 256 KiB.
    #[serde(default)]
    pub stdout: String,
    /// What the ImageBuilder complained, at most the last 256 KiB.
    #[serde(default)]
    pub stderr: String,
}

/// What a build gave; the image files lie beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// Seconds since 1970 that stand in for all build times.
    pub source_date_epoch: u64,
    /// The names a device may report to be given this image.
    pub supported_devices: Vec<String>,
    /// The device's names for people.
    pub titles: Vec<Title>,
    /// The command that made the images, without this server's paths.
    pub build_cmd: Vec<String>,
    /// What the ImageBuilder printed, at most the last 256 KiB.
    pub stdout: String,
    /// What the ImageBuilder complained, at most the last 256 KiB.
    pub stderr: String,
}
