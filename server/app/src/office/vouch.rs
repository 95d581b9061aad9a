//! What the server vouches for besides the images themselves: signatures, and what is in them.

use std::fs;
use std::io;
use std::path::Path;

use asu_artifacts::FileName;
use asu_builder::BuildOutput;
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::Image;
use asu_signing::{Contents, Signer, spdx};
use jiff::Timestamp;
use serde_json::Value;

/// What an ImageBuilder tells of its images.
const DESCRIPTION: &str = "profiles.json";

/// Signs the images in `folder` and their description where there is a key, and puts the list of
/// their packages beside them. The list's name is told.
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
    if let Some(signer) = signer {
        describe(&folder.join(DESCRIPTION), &output.images)?;
        signer.sign_file(&folder.join(DESCRIPTION))?;
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

/// Writes the sums of the images, as they are with their signatures, into the ImageBuilder's own
/// description of them; the rest of it stays.
fn describe(file: &Path, images: &[Image]) -> io::Result<()> {
    let mut text: Value = serde_json::from_slice(&fs::read(file)?)?;
    let profiles = text["profiles"].as_object_mut().into_iter().flatten();
    let described = profiles.filter_map(|(_, profile)| profile["images"].as_array_mut());
    for known in described.flatten() {
        let image = images.iter().find(|image| known["name"] == image.name);
        if let Some(image) = image {
            known["sha256"] = image.sha256.as_str().into();
            known["sha256_unsigned"] = image.sha256_unsigned.as_str().into();
        }
    }
    fs::write(file, serde_json::to_vec(&text)?)
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
