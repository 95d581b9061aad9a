//! What workers elsewhere are refused with.

use asu_store::StoreError;
use axum::http::StatusCode;

use super::Failure;
use crate::NotTaken;

impl Failure {
    /// 401 for a worker that is not admitted.
    pub(crate) fn bad_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no worker has this token; it may have been revoked",
            "bad-token",
            "Make one at the server: asu-server token add NAME",
        )
    }

    /// 400 for a worker that would misunderstand this server.
    pub(crate) fn wrong_protocol(detail: String) -> Self {
        Self::refused(
            detail,
            "worker-protocol",
            "Run the same version of asu-server on both.",
        )
    }

    /// 400 for a worker that does not say who it is.
    pub(crate) fn nameless_worker() -> Self {
        Self::refused(
            "a worker needs a name of letters, digits and . _ - (X-Worker)",
            "worker-name",
            "",
        )
    }

    /// 409 for a worker that has lost its job.
    pub(crate) fn lease_lost() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "the lease on this job was lost; what was made of it is discarded",
            "lease-lost",
            "Stop building it and ask for another job.",
        )
    }

    /// 400 for a file that is not what it is said to be.
    pub(crate) fn bad_upload(detail: String) -> Self {
        Self::refused(detail, "bad-upload", "Send it again.")
    }

    fn missing_files(detail: String) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            detail,
            "files-missing",
            "Upload all files again, then finish.",
        )
    }
}

impl From<NotTaken> for Failure {
    fn from(reason: NotTaken) -> Self {
        match reason {
            NotTaken::Wrong(detail) => Self::bad_upload(detail),
            NotTaken::Missing(_) => Self::missing_files(reason.to_string()),
            NotTaken::Store(error) => error.into(),
            NotTaken::Storage(_) => Self::internal(&reason),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost { .. } => Self::lease_lost(),
            error => Self::internal(&error),
        }
    }
}
