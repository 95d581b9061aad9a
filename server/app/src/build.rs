use std::future::Future;
use std::path::Path;

use asu_builder::{BuildError, BuildOutput, Builder};
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;

/// What makes images: [`Builder`], or a test's invention.
pub trait Build: Clone + Send + Sync + 'static {
    /// See [`Builder::build`]. Dropping the future ends all it started.
    fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(&str) + Send + Sync),
        out: &Path,
    ) -> impl Future<Output = Result<BuildOutput, BuildError>> + Send;
}

impl Build for Builder {
    async fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(&str) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        Builder::build(self, request, profiles, progress, out).await
    }
}
