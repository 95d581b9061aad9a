use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use asu_builder::{BuildError, BuildOutput, Builder, Failure, Progress};
use asu_catalog::CatalogError;
use asu_http::Limits;
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;
use asu_signing::unsigned_sum;

use crate::foresight::{self, ForRequest, Foresight};
use crate::{Foresee, outcome};

/// What makes images: [`Builder`], or a test's invention.
pub trait Build: Clone + Send + Sync + 'static {
    /// See [`Builder::build`]. Dropping the future ends all it started.
    fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        out: &Path,
    ) -> impl Future<Output = Result<BuildOutput, BuildError>> + Send;
}

/// Makes what a request asks for, in its canonical form: what the worker does, and `asu-server build`.
pub async fn produce<O: Foresee, B: Build>(
    (offer, builder, limits): (&O, &B, &Limits),
    request: &BuildRequest,
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    out: &Path,
) -> Result<BuildOutput, BuildError> {
    let profiles = order(offer, limits, request).await?;
    let foresight = ForRequest { offer, request };
    make((builder, &foresight), (request, &profiles), progress, out).await
}

/// What a builder needs to know of the mirror to build a request, if it may be built.
pub(crate) async fn order<O: Foresee>(
    offer: &O,
    limits: &Limits,
    request: &BuildRequest,
) -> Result<Arc<TargetProfiles>, BuildError> {
    refuse_feeds(limits, request)?;
    let profiles = offer.profiles(&request.version, &request.target);
    profiles.await.map_err(not_offered)
}

/// Makes what a request asks for, once it is known to be offered.
pub(crate) async fn make<B: Build, F: Foresight>(
    (builder, foresight): (&B, &F),
    (request, profiles): (&BuildRequest, &TargetProfiles),
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    out: &Path,
) -> Result<BuildOutput, BuildError> {
    let building = builder.build(request, profiles, progress, out);
    // Beside the build, which takes longer.
    let (built, foreseen) = tokio::join!(building, foresight.foresee(false));
    let built = built?;
    // Of another revision than the one built, nothing is known.
    let foreseen = foreseen.filter(|_| built.version_code == profiles.version_code);
    foresight::check(foresight, foreseen, &built).await?;
    measured(built, out.to_owned()).await
}

/// Says of each image what it is without a signature, whatever the ImageBuilder says: each makes a
/// key of its own to sign with.
async fn measured(mut output: BuildOutput, folder: PathBuf) -> Result<BuildOutput, BuildError> {
    let measured = tokio::task::spawn_blocking(move || {
        for image in &mut output.images {
            image.sha256_unsigned = unsigned_sum(&folder.join(&image.name), &image.sha256)?;
        }
        Ok(output)
    });
    let measured = measured
        .await
        .unwrap_or_else(|panic| Err(io::Error::other(panic)));
    measured.map_err(|error| {
        tracing::error!(%error, "images could not be measured");
        outcome::infrastructure("storage", "the server could not read the images")
    })
}

/// What was allowed when a request was accepted may not be any more: the server was started anew.
fn refuse_feeds(limits: &Limits, request: &BuildRequest) -> Result<(), BuildError> {
    let Some(url) = limits.foreign_repository(request) else {
        return Ok(());
    };
    let detail = format!("Repository not allowed: {url}");
    let fault = outcome::fault("repository-not-allowed", &detail);
    Err(BuildError::Request(Box::new(fault)))
}

/// What the catalog refuses, as a build's failure.
///
/// Even an accepted request may come to this: upstream may have dropped the target since.
pub fn not_offered(error: CatalogError) -> BuildError {
    let cause = error.cause();
    match error {
        CatalogError::Upstream { .. } | CatalogError::Cache { .. } => {
            tracing::error!(%error, "the profiles could not be read");
            outcome::infrastructure(
                cause,
                "the server could not reach the mirror it builds from",
            )
        }
        refusal => BuildError::Request(Box::new(Failure {
            hint: "Ask for a version, target and profile that the mirror offers.".to_owned(),
            ..outcome::fault(cause, &refusal.to_string())
        })),
    }
}

impl Build for Builder {
    async fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        Builder::build(self, request, profiles, progress, out).await
    }
}
