//! The JSON documents about what can be built.

use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::{Branch, Overview, ServerLimits};
use asu_protocol::profiles::{ArchIndex, LinuxKernel, Profile, TargetIndex, TargetProfiles};
use asu_protocol::release;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::failure::{Failure, Told, cut};
use crate::path::Path;
use crate::{Api, Offer};

/// How much of a wrong name is repeated, characters.
const SHOWN: usize = 64;
const SNAPSHOT: &str = "SNAPSHOT";

/// What can be built.
///
/// Versions, targets and package changes of every branch, and what this server allows. A client reads
/// it first.
#[utoipa::path(
    get,
    path = "/json/v1/overview.json",
    tag = "documents",
    responses(
        (status = 200, body = Overview, description = "The overview."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn overview<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let overview = async {
        Ok(Overview {
            server: ServerLimits {
                signing_key: api
                    .signer
                    .as_ref()
                    .map(|signer| signer.fingerprint())
                    .unwrap_or_default(),
                ..api.limits.shown()
            },
            ..known(&api).await?
        })
    };
    api.hot
        .document("/json/v1/overview.json", &headers, overview)
        .await
}

/// The newest versions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Latest {
    /// One of each maintained branch, newest first.
    latest: Vec<String>,
}

/// The newest version of each maintained branch.
#[utoipa::path(
    get,
    path = "/json/v1/latest.json",
    tag = "documents",
    responses(
        (status = 200, body = Latest, description = "The versions."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn latest<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let latest = async {
        let latest = known(&api).await?.latest;
        Ok(Latest { latest })
    };
    api.hot
        .document("/json/v1/latest.json", &headers, latest)
        .await
}

/// The overview's branches as a list, newest first.
#[utoipa::path(
    get,
    path = "/json/v1/branches.json",
    tag = "documents",
    responses(
        (status = 200, body = Vec<Branch>, description = "The branches."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn branches<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let branches = async { Ok(newest_first(known(&api).await?)) };
    api.hot
        .document("/json/v1/branches.json", &headers, branches)
        .await
}

/// The overview, once there is any release: an empty one would tell clients that theirs is gone.
async fn known<O: Offer>(api: &Api<O>) -> Result<Overview, Failure> {
    let overview = api.offer.overview().await;
    if overview.branches.is_empty() {
        return Err(Failure::nothing_known());
    }
    Ok(overview)
}

pub(crate) fn newest_first(overview: Overview) -> Vec<Branch> {
    let mut branches: Vec<Branch> = overview.branches.into_values().collect();
    branches.sort_by(|a, b| release::compare(&b.name, &a.name));
    branches
}

/// The packages of a release.
///
/// Name and version of every package in the feeds of one architecture.
#[utoipa::path(
    get,
    path = "/json/v1/releases/{version}/packages/{file}",
    tag = "documents",
    params(
        ("version" = VersionName, Path, example = "24.10.2", description = "`24.10.2` or `24.10-SNAPSHOT`."),
        ("file" = String, Path, pattern = "-index\\.json$", example = "mips_24kc-index.json",
            description = "`{arch}-index.json`."),
    ),
    responses(
        (status = 200, body = BTreeMap<String, String>, description = "Name to version."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 404, body = Told, description = "There is no such document."),
        (status = 500, body = Told, description = "The mirror cannot be reached (`upstream`)."),
    ),
)]
pub(crate) async fn arch_of_release<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/json/v1/releases/{version}/packages/{file}");
    let index = arch(&api, version, &file);
    api.hot.document(&path, &headers, index).await
}

/// The packages of the development snapshot.
///
/// Name and version of every package in the feeds of one architecture.
#[utoipa::path(
    get,
    path = "/json/v1/snapshots/packages/{file}",
    tag = "documents",
    params(
        ("file" = String, Path, pattern = "-index\\.json$", example = "mips_24kc-index.json",
            description = "`{arch}-index.json`."),
    ),
    responses(
        (status = 200, body = BTreeMap<String, String>, description = "Name to version."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 404, body = Told, description = "There is no such document."),
        (status = 500, body = Told, description = "The mirror cannot be reached (`upstream`)."),
    ),
)]
pub(crate) async fn arch_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let of = Path((SNAPSHOT.to_owned(), file));
    arch_of_release(State(api), of, headers).await
}

async fn arch<O: Offer>(api: &Api<O>, version: String, file: &str) -> Result<ArchIndex, Failure> {
    let version = version_name(version)?;
    let arch = file
        .strip_suffix("-index.json")
        .ok_or_else(Failure::not_found)?;
    let index = api.offer.arch_index(&version, arch).await;
    index.map_err(Failure::no_document)
}

/// A target, or a device of it, in a release.
///
/// `index.json` has the target's packages, kernel modules included; `{profile}.json` one device with
/// the facts of its target.
#[utoipa::path(
    get,
    path = "/json/v1/releases/{version}/targets/{target}/{subtarget}/{file}",
    tag = "documents",
    params(
        ("version" = VersionName, Path, example = "24.10.2", description = "`24.10.2` or `24.10-SNAPSHOT`."),
        ("target" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "ath79",
            description = "The first half of the target: `ath79`."),
        ("subtarget" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "generic",
            description = "The second half: `generic`."),
        ("file" = String, Path, example = "index.json", description = "`index.json` or `{profile}.json`."),
    ),
    responses(
        (status = 200, body = OfTarget, description = "The target's packages, or the device."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 404, body = Told, description = "There is no such document."),
        (status = 500, body = Told, description = "The mirror cannot be reached (`upstream`)."),
    ),
)]
pub(crate) async fn target_of_release<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, target, subtarget, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/json/v1/releases/{version}/targets/{target}/{subtarget}/{file}");
    let document = of_target(&api, version, format!("{target}/{subtarget}"), &file);
    api.hot.document(&path, &headers, document).await
}

/// A target, or a device of it, in the development snapshot.
///
/// `index.json` has the target's packages, kernel modules included; `{profile}.json` one device with
/// the facts of its target.
#[utoipa::path(
    get,
    path = "/json/v1/snapshots/targets/{target}/{subtarget}/{file}",
    tag = "documents",
    params(
        ("target" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "ath79",
            description = "The first half of the target: `ath79`."),
        ("subtarget" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "generic",
            description = "The second half: `generic`."),
        ("file" = String, Path, example = "index.json", description = "`index.json` or `{profile}.json`."),
    ),
    responses(
        (status = 200, body = OfTarget, description = "The target's packages, or the device."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 404, body = Told, description = "There is no such document."),
        (status = 500, body = Told, description = "The mirror cannot be reached (`upstream`)."),
    ),
)]
pub(crate) async fn target_of_snapshot<O: Offer>(
    State(api): State<Api<O>>,
    Path((target, subtarget, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let of = Path((SNAPSHOT.to_owned(), target, subtarget, file));
    target_of_release(State(api), of, headers).await
}

/// One of two documents that lie side by side.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OfTarget {
    Index(TargetIndex),
    Device(Box<Device>),
}

/// One device with the facts of its target around it, and not the other devices.
#[derive(Serialize, ToSchema)]
pub(crate) struct Device {
    /// The profile's name.
    id: String,
    /// When its images were built, RFC 3339 in UTC.
    build_at: String,
    /// The architecture of packages: `mips_24kc`.
    arch_packages: String,
    /// Packages every image of this target has.
    default_packages: Vec<String>,
    /// The kernel, since 23.05.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    linux_kernel: Option<LinuxKernel>,
    /// Schema version, 1.
    metadata_version: u32,
    /// Seconds since 1970 that stand in for all build times.
    source_date_epoch: u64,
    /// The target: `ath79/generic`.
    target: String,
    /// The revision: `r24106-10cc5fcd00`.
    version_code: String,
    /// The release: `23.05.5`.
    version_number: String,
    /// The device itself.
    #[serde(flatten)]
    profile: Profile,
}

async fn of_target<O: Offer>(
    api: &Api<O>,
    version: String,
    target: String,
    file: &str,
) -> Result<OfTarget, Failure> {
    let version = version_name(version)?;
    let target = Target::try_from(target).map_err(|_| Failure::not_found())?;
    let name = file.strip_suffix(".json").ok_or_else(Failure::not_found)?;
    if name == "index" {
        let index = api.offer.target_index(&version, &target).await;
        return index.map(OfTarget::Index).map_err(Failure::no_document);
    }
    let profiles = api.offer.profiles(&version, &target).await;
    let profiles = profiles.map_err(Failure::no_document)?;
    let unknown = || asu_catalog::CatalogError::UnsupportedProfile(cut(name, SHOWN));
    device(&profiles, name)
        .map(|device| OfTarget::Device(Box::new(device)))
        .ok_or_else(|| Failure::no_document(unknown()))
}

fn device(of: &TargetProfiles, id: &str) -> Option<Device> {
    let built = i64::try_from(of.source_date_epoch).ok()?;
    Some(Device {
        id: id.to_owned(),
        build_at: Timestamp::from_second(built).ok()?.to_string(),
        arch_packages: of.arch_packages.clone(),
        default_packages: of.default_packages.clone(),
        linux_kernel: of.linux_kernel.clone(),
        metadata_version: of.metadata_version,
        source_date_epoch: of.source_date_epoch,
        target: of.target.clone(),
        version_code: of.version_code.clone(),
        version_number: of.version_number.clone(),
        profile: of.profiles.get(id)?.clone(),
    })
}

/// A revision.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revision {
    /// `r28739-d9340319c6`.
    revision: String,
}

/// The revision of a version for a target.
#[utoipa::path(
    get,
    path = "/api/v1/revision/{version}/{target}/{subtarget}",
    tag = "documents",
    params(
        ("version" = VersionName, Path, example = "24.10.2", description = "`24.10.2`, `24.10-SNAPSHOT` or `SNAPSHOT`."),
        ("target" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "ath79",
            description = "The first half of the target: `ath79`."),
        ("subtarget" = String, Path, pattern = "^[A-Za-z0-9_-]{1,128}$", example = "generic",
            description = "The second half: `generic`."),
    ),
    responses(
        (status = 200, body = Revision, description = "The revision."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
        (status = 400, body = Told, description = "No such version is built here \
            (`unsupported-version`)."),
        (status = 404, body = Told, description = "The version has no such target."),
        (status = "5XX", body = Told, description = "The mirror's own status, or 502: it does not \
            tell."),
    ),
)]
pub(crate) async fn revision<O: Offer>(
    State(api): State<Api<O>>,
    Path((version, target, subtarget)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = format!("/api/v1/revision/{version}/{target}/{subtarget}");
    let made = revision_of(&api, version, format!("{target}/{subtarget}"));
    api.hot.document(&path, &headers, made).await
}

async fn revision_of<O: Offer>(
    api: &Api<O>,
    version: String,
    target: String,
) -> Result<Revision, Failure> {
    use asu_catalog::CatalogError::{UnsupportedBranch, UnsupportedVersion};
    let unsupported = UnsupportedVersion(cut(&version, SHOWN));
    let of = format!("{version}/{target}");
    let Ok(version) = VersionName::try_from(version) else {
        return Err(unsupported.into());
    };
    let target = Target::try_from(target).map_err(|_| Failure::not_found())?;
    match api.offer.profiles(&version, &target).await {
        Ok(profiles) => Ok(Revision {
            revision: profiles.version_code.clone(),
        }),
        Err(UnsupportedVersion(_) | UnsupportedBranch(_)) => Err(unsupported.into()),
        Err(error) => Err(Failure::no_revision(&of, &error)),
    }
}

fn version_name(version: String) -> Result<VersionName, Failure> {
    VersionName::try_from(version).map_err(|_| Failure::not_found())
}
