//! Package feeds a request brings along: lines in the ImageBuilder's list of feeds, files in `keys/`.
//!
//! Names, URLs and keys are safe by their types: none can end a line or name another file.

use std::io;
use std::path::Path;

use asu_index::usign;
use asu_protocol::build::BuildRequest;
use asu_protocol::repository::{RepositoriesMode, RepositoryKey, RepositoryUrl};
use sha2::{Digest, Sha256};

use crate::workspace::PrivateTree;
use crate::{BuildError, Failure};

/// apk's list of feeds: a URL of an index a line. An ImageBuilder that has it uses apk.
const APK: &str = "repositories";
/// opkg's: `src/gz NAME URL`, and options.
const OPKG: &str = "repositories.conf";
/// What apk calls the index of a feed; opkg's is not named in a URL.
const APK_INDEX: &str = "packages.adb";

/// Adds the request's feeds and keys to the ImageBuilder `tree`.
///
/// `inside` tells where the build finds what outside has a URL.
pub(crate) async fn add(
    tree: &PrivateTree,
    request: &BuildRequest,
    inside: &(dyn Fn(&str) -> String + Sync),
) -> Result<(), BuildError> {
    if request.repositories.is_empty() {
        return Ok(());
    }
    let storage = |error| BuildError::storage("Adding package feeds", &error);
    let (file, text) = if let Some(text) = tree.read(APK).await.map_err(storage)? {
        (APK, for_apk(&text, request, inside))
    } else {
        let text = tree.read(OPKG).await.map_err(storage)?;
        let text = text.ok_or_else(|| storage(io::ErrorKind::NotFound.into()))?;
        (OPKG, for_opkg(&text, request, inside)?)
    };
    tree.write(file, &text).await.map_err(storage)?;
    for key in request.repository_keys.iter() {
        let (name, text) = key_file(key)?;
        let name = format!("keys/{name}");
        put_key(tree, &name, &text).await.map_err(storage)?;
    }
    Ok(())
}

fn for_opkg(
    text: &str,
    request: &BuildRequest,
    inside: &dyn Fn(&str) -> String,
) -> Result<String, BuildError> {
    let is_remote = |line: &str| line.split_whitespace().nth(2).is_some_and(is_url);
    let mut lines = kept(text, request, is_remote);
    for (name, url) in request.repositories.iter() {
        let named = |line: &String| line.split_whitespace().nth(1) == Some(name.as_str());
        if lines
            .iter()
            .any(|line| line.starts_with("src") && named(line))
        {
            return Err(refused(format!(
                "Error: Repository name {name} is taken by one of upstream's feeds"
            )));
        }
        lines.push(format!("src/gz {name} {}", inside(url.as_str())));
    }
    Ok(lines.join("\n") + "\n")
}

fn for_apk(text: &str, request: &BuildRequest, inside: &dyn Fn(&str) -> String) -> String {
    let mut lines = kept(text, request, is_url);
    let urls = request
        .repositories
        .iter()
        .map(|(_, url)| inside(&apk_index(url)));
    lines.extend(urls);
    lines.join("\n") + "\n"
}

/// The lines of a list that stay.
fn kept(text: &str, request: &BuildRequest, is_remote: impl Fn(&str) -> bool) -> Vec<String> {
    let replaces = request.repositories_mode == RepositoriesMode::Replace;
    let stays = |line: &&str| !(line.trim().is_empty() || replaces && is_remote(line));
    text.lines().filter(stays).map(str::to_owned).collect()
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.trim_start().starts_with(scheme))
}

fn apk_index(url: &RepositoryUrl) -> String {
    let url = url.as_str();
    let is_index = Path::new(url).extension().is_some_and(|end| end == "adb");
    if is_index {
        url.to_owned()
    } else {
        format!("{url}/{APK_INDEX}")
    }
}

/// A key's file: opkg looks for it by the key's number, apk takes every `.pem`.
fn key_file(key: &RepositoryKey) -> Result<(String, String), BuildError> {
    match key {
        RepositoryKey::Pem(pem) => {
            let digest = hex::encode(Sha256::digest(pem.as_str()));
            Ok((
                format!("request-{}.pem", &digest[..16]),
                pem.as_str().to_owned(),
            ))
        }
        RepositoryKey::Usign(base64) => {
            let text = usign_text(base64.as_str());
            let key: usign::PublicKey = text.parse().map_err(|error| {
                refused(format!("Error: A repository key is unusable: {error}"))
            })?;
            Ok((key.number().to_string(), text))
        }
    }
}

/// A request's key in the form of a file.
pub(crate) fn usign_text(base64: &str) -> String {
    format!("untrusted comment: of a request\n{base64}\n")
}

/// A key that is trusted already stays as it is, whatever calls itself by its number.
async fn put_key(tree: &PrivateTree, name: &str, text: &str) -> io::Result<()> {
    match tree.read(name).await? {
        Some(_) => Ok(()),
        None => tree.write(name, text).await,
    }
}

fn refused(detail: String) -> BuildError {
    let hint = "Correct `repositories` and `repository_keys`, and ask again.";
    BuildError::request(Failure::new("bad-request", detail, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(mode: &str) -> BuildRequest {
        let text = format!(
            r#"{{"version":"25.12.0","target":"x86/64","profile":"generic","repositories_mode":"{mode}",
            "repositories":{{"mine":"https://f.example/mine","adb":"https://f.example/x/packages.adb"}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    const APK_LIST: &str =
        "# feeds\nhttps://mirror/base/packages.adb\nfile:///builder/packages/packages.adb\n";

    #[test]
    fn apk_is_told_the_index_of_each_feed() {
        let mine = "https://f.example/x/packages.adb\nhttps://f.example/mine/packages.adb\n";
        assert_eq!(
            for_apk(APK_LIST, &request("append"), &str::to_owned),
            format!("{APK_LIST}{mine}")
        );
        assert_eq!(
            for_apk(APK_LIST, &request("replace"), &str::to_owned),
            format!("# feeds\nfile:///builder/packages/packages.adb\n{mine}")
        );
    }
}
