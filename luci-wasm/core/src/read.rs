//! The protocol's answers, read from JSON.
//!
//! Only what the view uses is read. `tests/protocol.rs` checks it against the protocol's own
//! types, so the two cannot drift apart.

mod plan;

use std::collections::BTreeMap;

use asu_protocol::overview::{Branch, PackageChange};
use asu_protocol::problem::PackageProblem;
use asu_protocol::profiles::Image;
use asu_protocol::router::RouterInfo;

use crate::json::Json;
use crate::plan::own::ProfileDocument;

pub(crate) use plan::installed;
pub use plan::{plan, problems};

/// What `/json/v1/overview.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// The newest version of each channel.
    pub latest: Vec<String>,
    /// The branches, each with its name.
    pub branches: Vec<Branch>,
}

/// What the server says of a build, whatever its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// `queued`, `started`, `done`, or what went wrong.
    pub detail: String,
    /// The identity of the request.
    pub request_hash: String,
    /// How far it is; see [`asu_protocol::build::stage`].
    pub stage: String,
    /// How many builds are ahead.
    pub position: Option<u64>,
    /// The folder of the images below `/store/`.
    pub bin_dir: String,
    /// The release built.
    pub version_number: String,
    /// The files.
    pub images: Vec<Image>,
    /// The packages in the image.
    pub manifest: BTreeMap<String, String>,
    /// What the ImageBuilder printed, and what it complained.
    pub log: String,
    /// A stable code of what went wrong.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
    /// The packages at fault.
    pub packages: Vec<PackageProblem>,
    /// How long until it is likely to be finished, seconds; only our servers say it.
    pub estimate: Option<u64>,
    /// With what the build can be cancelled; only our servers say it.
    pub token: String,
    /// Which servers built the same again, and whether it was the same.
    pub rebuilds: Vec<(String, bool)>,
}

/// What the router's own tests say of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestReply {
    /// Whether it may be flashed.
    pub valid: bool,
    /// Whether settings can be kept.
    pub allow_backup: bool,
    /// The tests it failed.
    pub failed: Vec<String>,
    /// What the tools complained.
    pub error: String,
}

/// Reads the server's overview; `None` if it has no branches, so is none.
pub fn overview(json: &Json) -> Option<Overview> {
    let branches: Vec<Branch> = json
        .get("branches")
        .entries()
        .iter()
        .map(|(name, value)| branch(name, value))
        .collect();
    (!branches.is_empty()).then(|| Overview {
        latest: json.get("latest").strings(),
        branches,
    })
}

fn branch(name: &str, json: &Json) -> Branch {
    let changes = json.get("package_changes").list();
    Branch {
        name: name.to_owned(),
        enabled: json.get("enabled").is_true(),
        snapshot: json.get("snapshot").is_true(),
        path: json.string("path"),
        // Says nothing.
        path_packages: String::new(),
        branch_off_rev: small(json.get("branch_off_rev")),
        package_changes: changes.iter().map(package_change).collect(),
        versions: json.get("versions").strings(),
        targets: json.get("targets").string_map(),
    }
}

fn package_change(json: &Json) -> PackageChange {
    PackageChange {
        source: json.string("source"),
        target: json.get("target").text().map(str::to_owned),
        revision: small(json.get("revision")).unwrap_or_default(),
        mandatory: json.get("mandatory").is_true(),
    }
}

fn small(json: &Json) -> Option<u32> {
    json.number().and_then(|number| u32::try_from(number).ok())
}

/// Reads a profile; `None` if the server does not know it (some then answer `{}`).
pub fn profile(json: &Json) -> Option<ProfileDocument> {
    let profile = ProfileDocument {
        id: json.string("id"),
        default_packages: json.get("default_packages").strings(),
        device_packages: json.get("device_packages").strings(),
        version_code: json.string("version_code"),
        images: json.get("images").list().iter().map(image).collect(),
    };
    (!profile.default_packages.is_empty()).then_some(profile)
}

pub(crate) fn image(json: &Json) -> Image {
    Image {
        filesystem: json.string("filesystem"),
        name: json.string("name"),
        sha256: json.string("sha256"),
        sha256_unsigned: json.string("sha256_unsigned"),
        size: json.get("size").number(),
        kind: json.string("type"),
    }
}

/// Reads an answer about a build; `None` if it is not an object with a status.
pub fn build(json: &Json) -> Option<Build> {
    let log = [json.string("stdout"), json.string("stderr")].join("\n");
    let packages = json.get("packages").list();
    json.get("status").number().map(|_| Build {
        detail: json.string("detail"),
        request_hash: json.string("request_hash"),
        stage: json.string("imagebuilder_status"),
        position: json.get("queue_position").number(),
        bin_dir: json.string("bin_dir"),
        version_number: json.string("version_number"),
        images: json.get("images").list().iter().map(image).collect(),
        manifest: json.get("manifest").string_map(),
        log: log.trim().to_owned(),
        cause: json.string("cause"),
        hint: json.string("hint"),
        packages: packages.iter().map(problem).collect(),
        estimate: json.get("estimate_seconds").number(),
        token: json.string("cancel_token"),
        rebuilds: json.get("rebuilds").list().iter().map(rebuild).collect(),
    })
}

fn rebuild(json: &Json) -> (String, bool) {
    (json.string("server"), json.get("same").is_true())
}

fn problem(json: &Json) -> PackageProblem {
    PackageProblem {
        name: json.string("name"),
        reason: json.string("reason"),
        remedy: json.string("remedy"),
    }
}

/// Reads `attendedsysupgrade.info`.
pub fn router(json: &Json) -> RouterInfo {
    RouterInfo {
        distribution: json.string("distribution"),
        version: json.string("version"),
        revision: json.string("revision"),
        target: json.string("target"),
        arch: json.string("arch"),
        board_name: json.string("board_name"),
        model: json.string("model"),
        rootfs_type: json.string("rootfs_type"),
        efi: json.get("efi").is_true(),
        package_manager: json.string("package_manager"),
        tmp_free: json.get("tmp_free").number(),
        memory_total: json.get("memory_total").number(),
        memory_available: json.get("memory_available").number(),
        overlay_free: json.get("overlay_free").number(),
        rootfs_size: json.get("rootfs_size").number(),
        compat_version: json.string("compat_version"),
    }
}

/// Reads `attendedsysupgrade.test`.
pub fn test(json: &Json) -> TestReply {
    let failed = json
        .get("tests")
        .entries()
        .iter()
        .filter(|(_, passed)| !passed.is_true())
        .map(|(name, _)| name.clone());
    TestReply {
        valid: json.get("valid").is_true(),
        allow_backup: json.get("allow_backup").is_true(),
        failed: failed.collect(),
        error: json.string("error"),
    }
}
