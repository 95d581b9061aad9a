//! What is answered when images cannot be reached.

use asu_artifacts::ArtifactError;
use axum::http::StatusCode;

use super::{Failure, RETRY_UPSTREAM};

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let detail = "the server cannot reach its images at the moment";
        Self::new(status, detail, "storage", "Try again in a minute.")
            .retried_after(RETRY_UPSTREAM)
            .logged(&error)
    }
}
