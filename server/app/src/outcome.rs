//! What came of a build, in the words of API v1.

use asu_artifacts::StoredFile;
use asu_builder::{BuildError, BuildOutput, Failure};
use asu_protocol::build::{BuildAnswer, stage};
use asu_protocol::profiles::Image;
use jiff::Timestamp;

/// The cause of failures of the disk or bucket that images are kept in.
pub(crate) const STORAGE: &str = "storage";

/// The answer of a finished build; its images are described by the bytes that will be served.
///
/// An image that is not stored is an error, said in words for the log.
pub(crate) fn done(
    output: BuildOutput,
    stored: &[StoredFile],
    folder: &str,
    now: Timestamp,
) -> Result<BuildAnswer, String> {
    Ok(BuildAnswer {
        status: 200,
        detail: "done".to_owned(),
        imagebuilder_status: stage::DONE.to_owned(),
        build_at: format!("{now:.0}"),
        bin_dir: folder.to_owned(),
        id: output.id,
        target: output.target,
        version_number: output.version_number,
        version_code: output.version_code,
        images: as_stored(output.images, stored)?,
        image_prefix: output.image_prefix,
        manifest: output.manifest,
        supported_devices: output.supported_devices,
        titles: output.titles,
        build_cmd: output.build_cmd,
        stdout: output.stdout,
        stderr: output.stderr,
        ..BuildAnswer::default()
    })
}

fn as_stored(images: Vec<Image>, stored: &[StoredFile]) -> Result<Vec<Image>, String> {
    let described = |image: Image| {
        let file = stored.iter().find(|file| file.name == image.name);
        let file = file.ok_or_else(|| format!("{:?} was built but is not stored", image.name))?;
        Ok(Image {
            sha256: file.sha256.clone(),
            size: Some(file.size),
            ..image
        })
    };
    images.into_iter().map(described).collect()
}

/// The answer of a build that failed.
pub(crate) fn failed(failure: &Failure) -> BuildAnswer {
    BuildAnswer {
        status: 500,
        detail: failure.detail.clone(),
        imagebuilder_status: stage::FAILED.to_owned(),
        cause: failure.cause.clone(),
        hint: failure.hint.clone(),
        packages: failure.packages.clone(),
        stdout: failure.stdout.clone(),
        stderr: failure.stderr.clone(),
        ..BuildAnswer::default()
    }
}

/// A failure of this server's own, in words for its clients.
pub(crate) fn fault(cause: &str, detail: &str) -> Failure {
    Failure {
        cause: cause.to_owned(),
        detail: format!("Error: {detail}"),
        hint: "Ask again in a few minutes; if it stays, tell the server's operator.".to_owned(),
        ..Failure::default()
    }
}

/// A failure of this server's own, or of what it depends on: another try may go better.
pub(crate) fn infrastructure(cause: &str, detail: &str) -> BuildError {
    BuildError::Infrastructure(Box::new(fault(cause, detail)))
}
