//! Why an ImageBuilder failed, in words and causes a client can act on.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;

use asu_protocol::problem::PackageProblem;

use crate::command::Finished;
use crate::info::Info;
use crate::{BuildError, Failure, apk, opkg};

/// Packages that cannot be had, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Complaints {
    unknown: BTreeSet<String>,
    missing: BTreeSet<String>,
    conflicts: BTreeSet<String>,
    reasons: BTreeMap<String, (String, &'static str)>,
}

impl Complaints {
    /// A package that was asked for and does not exist.
    pub(crate) fn unknown(&mut self, wanted: &str) {
        let name = bare(wanted);
        self.unknown.insert(name.to_owned());
        self.missing.insert(name.to_owned());
        let reason = format!("there is no {wanted} for this device in this release");
        self.explain(
            name,
            reason,
            "Leave it out, or look for the package that replaced it.",
        );
    }

    /// A name that several packages provide.
    pub(crate) fn ambiguous(&mut self, name: &str) {
        self.missing.insert(name.to_owned());
        let reason = "several packages provide this and none is preferred".to_owned();
        self.explain(
            name,
            reason,
            "Ask for one of those packages by its own name.",
        );
    }

    /// A package whose dependency cannot be had.
    pub(crate) fn needs(&mut self, package: &str, dependency: &str) {
        self.missing
            .extend([package.to_owned(), bare(dependency).to_owned()]);
        let reason = format!("it needs {dependency}, which cannot be had");
        self.explain(
            package,
            reason,
            "Leave it out until upstream has repaired it.",
        );
    }

    /// Two packages that exclude each other.
    pub(crate) fn conflict(&mut self, package: &str, other: &str) {
        self.conflicts
            .extend([package.to_owned(), other.to_owned()]);
        self.explain(
            package,
            format!("it conflicts with {other}"),
            "Leave one of the two out.",
        );
    }

    /// Two packages with the same file.
    pub(crate) fn clash(&mut self, package: &str, file: &str, owner: &str) {
        self.conflicts
            .extend([package.to_owned(), owner.to_owned()]);
        let reason = format!("its file {file} belongs to {owner} already");
        self.explain(package, reason, "Leave one of the two out.");
    }

    /// A package that cannot be installed, for a reason that was not told.
    pub(crate) fn refused(&mut self, package: &str) {
        if self.reasons.contains_key(package) {
            return;
        }
        self.unknown.insert(package.to_owned());
        self.missing.insert(package.to_owned());
        let reason =
            "it does not exist for this device in this release, or needs what does not exist";
        self.explain(
            package,
            reason.to_owned(),
            "Leave it out, or look for the package that replaced it.",
        );
    }

    /// The first reason is the true one; later ones follow from it.
    fn explain(&mut self, package: &str, reason: String, remedy: &'static str) {
        self.reasons
            .entry(package.to_owned())
            .or_insert((reason, remedy));
    }

    fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    fn detail(&self) -> String {
        let list = |kind: &str, names: &BTreeSet<String>| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if names.is_empty() {
                String::new()
            } else {
                format!(" {kind} ({})", names.join(", "))
            }
        };
        let (missing, conflicts) = (
            list("missing", &self.missing),
            list("conflicts", &self.conflicts),
        );
        format!("Error: Impossible package selection:{missing}{conflicts}")
    }

    fn problems(self) -> Vec<PackageProblem> {
        let problem = |(name, (reason, remedy)): (String, (String, &str))| PackageProblem {
            name,
            reason,
            remedy: remedy.to_owned(),
        };
        self.reasons.into_iter().map(problem).collect()
    }
}

/// The name in `name (>= 1)` or `name>=1`.
fn bare(dependency: &str) -> &str {
    dependency
        .split([' ', '<', '>', '=', '~'])
        .next()
        .unwrap_or(dependency)
}

/// Failures that are not the request's: cause, what it comes to, and signs of it, texts of opkg, apk,
/// wget and the system.
const INFRASTRUCTURE: [(&str, &str, &[&str]); 4] = [
    (
        "disk-full",
        "the server's disk is full, or the part of it that a build may use",
        &["No space left on device", "Disk quota exceeded"],
    ),
    (
        "storage",
        "the server is out of memory",
        &["Cannot allocate memory"],
    ),
    (
        "untrusted",
        "upstream's package index has no trusted signature",
        &[
            "Signature check failed",
            "UNTRUSTED signature",
            "BAD signature",
        ],
    ),
    (
        "upstream",
        "packages could not be downloaded from upstream",
        &[
            "Failed to download",
            "wget returned",
            "package mentioned in index not found",
        ],
    ),
];

/// What shells and tools say of a file that has grown to the sandbox's limit (`RLIMIT_FSIZE`).
const FILE_TOO_LARGE: [&str; 2] = ["File size limit exceeded", "File too large"];

/// The error for a `make` that failed.
pub(crate) fn diagnose(ended: &Finished, info: &Info) -> BuildError {
    let failure = |cause, detail: String, hint| Failure {
        stdout: ended.stdout.clone(),
        stderr: ended.stderr.clone(),
        ..Failure::new(cause, detail, hint)
    };
    let said = format!("{}\n{}", ended.stdout, ended.stderr);
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    let is_too_large = ended.full || (!ended.success() && has(&FILE_TOO_LARGE));
    if is_too_large {
        let hint = "Ask for fewer packages, or tell the server's operator.";
        let detail = "Error: the build took more space than a build may and was ended".to_owned();
        return BuildError::infrastructure(failure("resource-limit", detail, hint));
    }
    if ended.status.is_none() {
        let hint = "Ask again later; the server or its mirror is slow.";
        let detail = "Error: the build took too long and was ended".to_owned();
        return BuildError::infrastructure(failure("time-limit", detail, hint));
    }
    if ended.success()
        && let Some(error) = too_big(ended, &failure)
    {
        return error;
    }
    if is_killed(ended, &said) {
        let hint = "This is no fault of your request; ask again in a few minutes.";
        let detail = "Error: the build was killed; the server may be out of memory".to_owned();
        return BuildError::infrastructure(failure("infrastructure", detail, hint));
    }
    if let Some((cause, reason, _)) = INFRASTRUCTURE.iter().find(|(.., signs)| has(signs)) {
        let hint = "This is no fault of your request; ask again in a few minutes.";
        return BuildError::infrastructure(failure(cause, format!("Error: {reason}"), hint));
    }
    if apk::lacks_files(&said) {
        let hint = "This is no fault of your request; ask again in a few minutes.";
        let detail = "Error: packages could not be downloaded from upstream".to_owned();
        return BuildError::infrastructure(failure("upstream", detail, hint));
    }
    selection(&said, info, &failure)
        .or_else(|| profile(&said, &failure))
        .or_else(|| too_big(ended, &failure))
        .unwrap_or_else(|| {
            let detail = "Error: Error while building firmware. See stdout/stderr".to_owned();
            BuildError::request(failure(
                "build-failed",
                detail,
                "The end of stderr tells more.",
            ))
        })
}

/// Whether `make`, or what it runs, was killed by somebody else, as the kernel does that lacks memory:
/// shells and `make` then say so, and add the signal to 128.
fn is_killed(ended: &Finished, said: &str) -> bool {
    const KILLED: i32 = 9;
    let status = ended.status.as_ref();
    status.is_some_and(|status| {
        status.signal() == Some(KILLED) || status.code() == Some(128 + KILLED)
    }) || [" Error 137\n", "] Killed\n"]
        .iter()
        .any(|sign| said.contains(sign))
}

fn selection(
    said: &str,
    info: &Info,
    failure: &dyn Fn(&'static str, String, &'static str) -> Failure,
) -> Option<BuildError> {
    let complaints = Some(apk::complaints(said)).filter(|found| !found.is_empty());
    let complaints = complaints.unwrap_or_else(|| opkg::complaints(said));
    if complaints.is_empty() {
        return None;
    }
    // Every release has its own default packages: without them, there was no index to look into.
    if info
        .default_packages
        .iter()
        .any(|name| complaints.unknown.contains(name))
    {
        let detail =
            "Error: upstream's package index lacks default packages, so it was not loaded whole";
        let hint = "This is no fault of your request; ask again in a few minutes.";
        return Some(BuildError::infrastructure(failure(
            "upstream",
            detail.to_owned(),
            hint,
        )));
    }
    let hint = "Change the packages named, then ask again.";
    let detail = complaints.detail();
    let packages = complaints.problems();
    Some(BuildError::request(Failure {
        packages,
        ..failure("package-selection", detail, hint)
    }))
}

fn profile(
    said: &str,
    failure: &dyn Fn(&'static str, String, &'static str) -> Failure,
) -> Option<BuildError> {
    let line = said
        .lines()
        .find(|line| line.starts_with("Profile ") && line.ends_with(" does not exist!"))?;
    let hint = "The release has dropped this device; choose another release.";
    Some(BuildError::request(failure(
        "unsupported-profile",
        format!("Error: {line}"),
        hint,
    )))
}

/// `make` exits 0 when an image is too big, and leaves the image out.
fn too_big(
    ended: &Finished,
    failure: &dyn Fn(&'static str, String, &'static str) -> Failure,
) -> Option<BuildError> {
    if !is_too_big(&ended.stderr) {
        return None;
    }
    let detail = "Error: Selected packages exceed device storage".to_owned();
    let hint = if ended.stderr.contains(PARTITION_FULL) {
        "Leave packages out, or ask for a larger root file system (`rootfs_size_mb`)."
    } else {
        "Leave packages out, then ask again."
    };
    let mut failure = failure("image-too-big", detail, hint);
    let sizes = ended.stderr.lines().filter_map(sizes);
    if let Some((size, limit)) = sizes.max_by_key(|(size, limit)| size.saturating_sub(*limit)) {
        // Rounded apart, so that the image never looks as if it fitted.
        let over = size.saturating_sub(limit);
        let (size, limit) = (megabytes(size.div_ceil(TENTH)), megabytes(limit / TENTH));
        failure.hint = format!(
            "The image would have {size}, the device takes {limit}: that is {over} bytes too many. {hint}"
        );
    }
    Some(BuildError::request(failure))
}

/// A tenth of a megabyte, bytes; decimal, as routers' pages count.
const TENTH: u64 = 100_000;

fn megabytes(tenths: u64) -> String {
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// What is said when a root file system does not fit its partition.
const PARTITION_FULL: &str = "out of space?";

/// Whether an image was left out because it does not fit the device.
pub(crate) fn is_too_big(stderr: &str) -> bool {
    ["is too big", PARTITION_FULL]
        .iter()
        .any(|sign| stderr.contains(sign))
}

/// `WARNING: Image file F is too big: 16252929 > 16187392`; older ones have no numbers.
fn sizes(line: &str) -> Option<(u64, u64)> {
    let (size, limit) = line.split_once("is too big: ")?.1.split_once(" > ")?;
    Some((size.trim().parse().ok()?, limit.trim().parse().ok()?))
}

#[cfg(test)]
mod tests;
