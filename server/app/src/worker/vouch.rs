//! What the server vouches for besides the images themselves: signatures, and what is in them.

use std::fs;
use std::io;
use std::path::Path;

use asu_artifacts::FileName;
use asu_builder::BuildOutput;
use asu_protocol::build::BuildRequest;
use asu_signing::{Contents, Signer, spdx};
use jiff::Timestamp;

/// Signs the images in `folder` where there is a key, and puts the list of their packages beside
/// them. The list's name is told.
pub(super) fn vouch(
    signer: Option<&Signer>,
    request: &BuildRequest,
    output: &mut BuildOutput,
    folder: &Path,
) -> io::Result<String> {
    for image in &mut output.images {
        let Some(signer) = signer else { break };
        let name = FileName::new(&image.name).map_err(io::Error::other)?;
        let sums = signer.sign_file(&folder.join(name.as_str()))?;
        (image.sha256, image.sha256_unsigned) = (sums.sha256, sums.sha256_unsigned);
    }
    let name = format!("{}.spdx.json", prefix(output));
    let name = FileName::new(&name).map_err(io::Error::other)?;
    let path = folder.join(name.as_str());
    fs::write(&path, list(&request.distro, output)?)?;
    if let Some(signer) = signer {
        signer.sign_file(&path)?;
    }
    Ok(name.to_string())
}

/// The list has a name even where the ImageBuilder tells no prefix.
fn prefix(output: &BuildOutput) -> &str {
    match output.image_prefix.as_str() {
        "" => "images",
        prefix => prefix,
    }
}

fn list(distribution: &str, output: &BuildOutput) -> io::Result<Vec<u8>> {
    let epoch = i64::try_from(output.source_date_epoch).map_err(io::Error::other)?;
    let created = Timestamp::from_second(epoch).map_err(io::Error::other)?;
    let images = output.images.iter();
    let images: Vec<_> = images
        .map(|image| (image.name.as_str(), image.sha256.as_str()))
        .collect();
    Ok(spdx(&Contents {
        name: prefix(output),
        distribution,
        release: &output.version_number,
        created: &created.to_string(),
        images: &images,
        packages: &output.manifest,
    }))
}
