//! Making an ImageBuilder ready before a build needs it.

use asu_protocol::name::{Target, VersionName};

use crate::BuildError;
use crate::builder::Inner;
use crate::first_run::first_run;

/// See [`crate::Builder::warm`]. Takes as long as the mirror does; what was downloaded so far is kept.
pub(crate) async fn warm(
    builder: &Inner,
    version: &VersionName,
    target: &Target,
) -> Result<(), BuildError> {
    // How far it is, is in the log.
    let obtaining = builder.imagebuilders.obtain(version, target, &|_| ());
    let imagebuilder = obtaining.await?;
    first_run(builder, &imagebuilder, &|_| ()).await
}
