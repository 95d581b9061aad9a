//! The build request and its answers (`/api/v1/build`), as ASU's API v1 defines them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::name::{
    FilePath, PackageSpec, PackageVersion, ProfileName, ServiceName, Target, VersionName,
};
use crate::problem::PackageProblem;
use crate::profiles::{Image, Title};
use crate::repository::{Repositories, RepositoriesMode, RepositoryKeys};

/// What a client asks for: `POST /api/v1/build`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildRequest {
    /// The distribution; only `openwrt` is known today.
    #[serde(default = "openwrt")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub distro: String,
    /// The release wanted.
    pub version: VersionName,
    /// The revision the release must have, e.g. `r24106-10cc5fcd00`; empty: any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub version_code: String,
    /// The router's target.
    pub target: Target,
    /// The router's profile, or an alias from its `supported_devices`.
    pub profile: ProfileName,
    /// The packages wanted.
    #[serde(default)]
    pub packages: Vec<PackageSpec>,
    /// Packages with the version each must have; when not empty it stands in for `packages`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages_versions: BTreeMap<PackageSpec, PackageVersion>,
    /// Whether `packages` is the whole list: default packages not on it are removed.
    #[serde(default)]
    pub diff_packages: bool,
    /// A uci-defaults script that runs at first boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 20480))]
    pub defaults: Option<String>,
    /// Files that the image has besides those of its packages, and their texts: those of a network
    /// profile, as its plan says them, and no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<FilePath, String>,
    /// Size of the root filesystem partition in MiB, where a device has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1024))]
    pub rootfs_size_mb: Option<u32>,
    /// The root filesystem wanted, e.g. `squashfs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = filesystem))]
    pub filesystem: Option<String>,
    /// Services that are not started at boot, though packages in the image bring them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disabled_services: BTreeSet<ServiceName>,
    /// Package feeds besides, or instead of, upstream's.
    #[serde(default, skip_serializing_if = "Repositories::is_empty")]
    pub repositories: Repositories,
    /// What becomes of upstream's feeds where there are `repositories`.
    #[serde(default, skip_serializing_if = "RepositoriesMode::is_default")]
    pub repositories_mode: RepositoriesMode,
    /// The public keys that sign `repositories`.
    #[serde(default, skip_serializing_if = "RepositoryKeys::is_empty")]
    pub repository_keys: RepositoryKeys,
    /// The client's name and version, for statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// The root filesystems a request may name (ASU's `build_request.py`).
pub const FILESYSTEMS: [&str; 8] = [
    "squashfs",
    "ext4",
    "ubifs",
    "erofs",
    "jffs2",
    "jffs2-nand",
    "targz",
    "cpiogz",
];

#[cfg(feature = "openapi")]
fn filesystem() -> utoipa::openapi::Object {
    use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
    let names = FILESYSTEMS.into_iter().map(Some).chain([None]);
    ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
        .enum_values(Some(names))
        .description(Some("The root filesystem wanted."))
        .build()
}

pub(crate) fn openwrt() -> String {
    "openwrt".to_owned()
}

/// How far a build is (`imagebuilder_status` and the `X-Imagebuilder-Status` header).
///
/// An unknown stage is a newer server's; show it as text.
pub mod stage {
    /// Waiting for its turn.
    pub const QUEUED: &str = "queued";
    /// Taken by a worker.
    pub const INIT: &str = "init";
    /// The ImageBuilder is downloaded, verified and unpacked. API v1 calls it by this name.
    pub const CONTAINER_SETUP: &str = "container_setup";
    /// The ImageBuilder's revision is compared with the one asked for.
    pub const VALIDATE_REVISION: &str = "validate_revision";
    /// The package selection is resolved.
    pub const VALIDATE_MANIFEST: &str = "validate_manifest";
    /// The image is assembled.
    pub const BUILDING_IMAGE: &str = "building_image";
    /// Finished.
    pub const DONE: &str = "done";
    /// Ended without an image.
    pub const FAILED: &str = "failed";
}

/// An answer to `POST /api/v1/build` or `GET /api/v1/build/{hash}`, whatever its state.
///
/// One type for 200, 202 and every error, because clients read the same keys from all of them:
/// `status` says which fields to expect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct BuildAnswer {
    /// 200 finished, 202 queued or started, anything else a failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub status: u16,
    /// `done`, `queued`, `started`, or what went wrong.
    ///
    /// A request that is not well-formed is answered with a list of fields here (FastAPI's form);
    /// it is read as one text.
    #[serde(deserialize_with = "crate::problem::text_of_detail")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub detail: String,
    /// The identity of the request; empty when it was refused before it had one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_hash: String,
    /// How far it is, as `X-Imagebuilder-Status` says it. An unknown one is a newer server's; show it
    /// as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub imagebuilder_status: String,
    /// How many builds are ahead of this one; 0 is next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u32>,
    /// When it is likely to be finished, from how long the last builds took: seconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_seconds: Option<u32>,
    /// When it was queued, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub enqueued_at: String,
    /// When the image was built, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub build_at: String,
    /// The request as it was understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<BuildRequest>,
    /// The folder of the images below `/store/`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bin_dir: String,
    /// The profile built.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The target built for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The release built, e.g. `24.10.2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version_number: String,
    /// The revision built, e.g. `r28739-d9340319c6`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version_code: String,
    /// The image files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// What every image file's name begins with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_prefix: String,
    /// The packages in the image, with their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub manifest: BTreeMap<String, String>,
    /// The file beside the images that lists their packages as SPDX 2.3 in JSON; our servers have it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sbom: String,
    /// The file beside the images with all that the ImageBuilder said, also of a build that failed; our
    /// servers have it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log: String,
    /// The names a device may report to be given this image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supported_devices: Vec<String>,
    /// The device's names for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub titles: Vec<Title>,
    /// The command that built the images, without the server's own paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub build_cmd: Vec<String>,
    /// What the ImageBuilder printed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// What the ImageBuilder complained.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    /// Who built the same again, and whether the same images came of it; our servers say it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rebuilds: Vec<Rebuild>,
    /// A stable code for programs: why there is no image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// What to do next, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Until when our servers do not try this request again, RFC 3339 in UTC; they failed at it several times
    /// through no fault that they could tell.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parked_until: String,
    /// The packages that are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageProblem>,
}

/// What a request says in `client` that is only to be compared with what another server built: it goes
/// behind those that people wait for.
pub const REBUILD_CLIENT: &str = "asu-server rebuild";

/// A verdict on a finished build by building the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Rebuild {
    /// The address of the server that built it, or `local`: this one, again.
    pub server: String,
    /// Whether all images had the same bytes, signatures apart.
    pub same: bool,
    /// When they were compared, RFC 3339 in UTC.
    pub at: String,
    /// What differed, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimal_request_is_enough() {
        let request: BuildRequest = serde_json::from_str(
            r#"{"version":"24.10.2","target":"ath79/generic","profile":"tplink_archer-c7-v5","unknown":1}"#,
        )
        .unwrap();
        assert_eq!(request.distro, "openwrt");
        assert!(request.packages.is_empty() && !request.diff_packages);
    }

    #[test]
    fn a_list_of_wrong_fields_is_read_as_text() {
        let answer: BuildAnswer = serde_json::from_str(
            r#"{"detail":[{"type":"x","loc":["body","packages",0],"msg":"no","input":"a b"},
                {"type":"missing","loc":["body","target"],"msg":"Field required","input":{}}]}"#,
        )
        .unwrap();
        assert_eq!(answer.detail, "packages.0: no; target: Field required");
    }

    #[test]
    fn an_answer_of_a_newer_server_is_still_read() {
        let answer: BuildAnswer =
            serde_json::from_str(r#"{"status":202,"detail":"queued","new":{},"queue_position":3}"#)
                .unwrap();
        assert_eq!((answer.status, answer.queue_position), (202, Some(3)));
    }
}
