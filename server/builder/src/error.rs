//! Why a build gave no image.

use std::io::ErrorKind;

use asu_protocol::problem::PackageProblem;

/// Why a build gave no image, and whether asking again can help.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The mirror, the disk or this machine failed: the same request may succeed later, so the
    /// failure must not be kept as the request's answer.
    #[error("{}", .0.detail)]
    Infrastructure(Box<Failure>),
    /// The request itself cannot be built: it fails again until it, or upstream, changes.
    #[error("{}", .0.detail)]
    Request(Box<Failure>),
}

impl BuildError {
    /// What is known about the failure, whoever is to blame.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Infrastructure(failure) | Self::Request(failure) => failure,
        }
    }

    pub(crate) fn request(failure: Failure) -> Self {
        Self::Request(Box::new(failure))
    }

    pub(crate) fn infrastructure(failure: Failure) -> Self {
        Self::Infrastructure(Box::new(failure))
    }

    /// A file or folder of this server that cannot be used.
    ///
    /// The log has the whole error; clients only its kind, for its text names this server's paths.
    pub(crate) fn storage(what: &str, error: &std::io::Error) -> Self {
        // As an `Error`, because "no space left" may be said by its source only.
        let told: &dyn std::error::Error = error;
        tracing::error!(error = told, "{what} failed");
        if is_full(error) {
            return Self::disk_full(&format!("Error: {what} failed: no storage space"));
        }
        let detail = match error.kind() {
            ErrorKind::Other => format!("Error: {what} failed"),
            kind => format!("Error: {what} failed: {kind}"),
        };
        let hint = "The server's operator must check the disk; then ask again.";
        Self::infrastructure(Failure::new("storage", detail, hint))
    }

    /// A disk without space for what is to be written.
    pub(crate) fn disk_full(detail: &str) -> Self {
        let hint = "This is no fault of your request; ask again later. The server's operator must \
                    make room on its disk.";
        Self::infrastructure(Failure::new("disk-full", detail, hint))
    }

    /// A mirror that cannot be reached or contradicts itself.
    pub(crate) fn upstream(detail: String) -> Self {
        let hint =
            "Ask again in a few minutes; a mirror that is being updated is whole again soon.";
        Self::infrastructure(Failure::new("upstream", detail, hint))
    }
}

/// Whether there is no space left; programs that were run say so in words only.
fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    ) || error.to_string().contains("No space left on device")
}

/// What is known about a failed build; the fields are those of an error answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// A stable code, see [`asu_protocol::problem::Problem::cause`].
    ///
    /// Of the request: `package-selection`, `package-version`, `image-too-big`,
    /// `unsupported-profile`, `version-code`, `bad-request`, `build-failed`.
    /// Of infrastructure: `upstream`, `imagebuilder-missing`, `imagebuilder`, `untrusted`, `storage`, `disk-full`,
    /// `resource-limit`, `sandbox`, `time-limit`.
    pub cause: String,
    /// What happened, for a person; begins with `Error: ` as API v1 clients expect.
    pub detail: String,
    /// What to do next, for a person; may be empty.
    pub hint: String,
    /// The packages at fault, if any.
    pub packages: Vec<PackageProblem>,
    /// What the ImageBuilder printed, at most the last 256 KiB.
    pub stdout: String,
    /// What the ImageBuilder complained, at most the last 256 KiB.
    pub stderr: String,
}

impl Failure {
    pub(crate) fn new(cause: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            cause: cause.to_owned(),
            detail: detail.into(),
            hint: hint.to_owned(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_not_told_paths_of_this_server() {
        let full = std::io::Error::new(ErrorKind::StorageFull, "No space left at path \"/data/x\"");
        let text = |error: &std::io::Error| BuildError::storage("Unpacking", error).to_string();
        assert_eq!(text(&full), "Error: Unpacking failed: no storage space");
        let cause = |error| {
            BuildError::storage("Unpacking", error)
                .failure()
                .cause
                .clone()
        };
        assert_eq!(cause(&full), "disk-full");
        let copied = std::io::Error::other("cp: error writing '/data/x': No space left on device");
        assert_eq!(cause(&copied), "disk-full");
        let other = std::io::Error::other("cp: cannot create '/data/x'");
        assert_eq!(text(&other), "Error: Unpacking failed");
        assert_eq!(cause(&other), "storage");
    }
}
