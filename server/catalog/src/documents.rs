//! The forms of upstream's small documents: `.versions.json`, `.targets.json`, `feeds.conf`.

use std::collections::BTreeMap;

use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::TargetProfiles;
use serde::Deserialize;

/// `.versions.json`: the releases there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The newest release candidate, while there is one.
    pub(crate) upcoming: Option<String>,
    /// The newest release.
    pub(crate) stable: Option<String>,
    /// The newest release of the branch before.
    pub(crate) oldstable: Option<String>,
    /// All releases, in upstream's order.
    pub(crate) all: Vec<String>,
}

impl Versions {
    /// The upcoming, the stable and the old stable release, as far as there are any.
    pub(crate) fn latest(&self) -> Vec<String> {
        let channels = [&self.upcoming, &self.stable, &self.oldstable];
        let mut latest: Vec<String> = channels.into_iter().flatten().cloned().collect();
        latest.dedup();
        latest
    }

    /// Whether upstream has released `version`.
    pub(crate) fn has(&self, version: &str) -> bool {
        self.all.iter().any(|known| known == version)
    }
}

#[derive(Deserialize)]
struct VersionsFile {
    stable_version: Option<String>,
    oldstable_version: Option<String>,
    upcoming_version: Option<String>,
    versions_list: Vec<String>,
}

/// Reads `.versions.json`; a list without a single release is a half-written one.
pub(crate) fn versions(_: &str, bytes: &[u8]) -> Result<Versions, String> {
    let file: VersionsFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let is_name = |version: &String| version.parse::<VersionName>().is_ok();
    let mut versions = Versions {
        upcoming: file.upcoming_version.filter(is_name),
        stable: file.stable_version.filter(is_name),
        oldstable: file.oldstable_version.filter(is_name),
        all: file.versions_list.into_iter().filter(is_name).collect(),
    };
    for version in versions.latest() {
        if !versions.has(&version) {
            versions.all.push(version);
        }
    }
    if versions.all.is_empty() {
        Err("it lists no version".to_owned())
    } else {
        Ok(versions)
    }
}

/// `.targets.json`: target to package architecture.
pub(crate) type Targets = BTreeMap<String, String>;

/// Reads `.targets.json`; an empty one is that of a release that is still being built.
pub(crate) fn targets(_: &str, bytes: &[u8]) -> Result<Targets, String> {
    let file: Targets = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let valid =
        |(target, arch): &(String, String)| target.parse::<Target>().is_ok() && is_word(arch);
    let targets: Targets = file.into_iter().filter(valid).collect();
    if targets.is_empty() {
        Err("it lists no target".to_owned())
    } else {
        Ok(targets)
    }
}

/// Reads `profiles.json`.
pub(crate) fn profiles(_: &str, bytes: &[u8]) -> Result<TargetProfiles, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Reads `feeds.conf`: the second word of each line is a feed's folder.
pub(crate) fn feeds(_: &str, bytes: &[u8]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let lines = text
        .lines()
        .filter(|line| line.trim_start().starts_with("src"));
    let names = lines.filter_map(|line| line.split_whitespace().nth(1));
    let names: Vec<String> = names
        .filter(|name| is_word(name))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        Err("it names no feed".to_owned())
    } else {
        Ok(names)
    }
}

/// Whether `text` is safe as one folder name in an address and on disk.
pub(crate) fn is_word(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_written_documents_are_refused() {
        assert!(versions("", br#"{"stable_version":"24.10.2","versions_li"#).is_err());
        assert!(versions("", br#"{"versions_list":[]}"#).is_err());
        assert!(targets("", b"{}").is_err());
        assert!(targets("", br#"{"../../etc":"x"}"#).is_err());
        assert!(feeds("", b"<html>").is_err());
    }

    #[test]
    fn channels_are_versions_too() {
        let text = br#"{"stable_version":"24.10.2","oldstable_version":"23.05.5",
            "upcoming_version":"","versions_list":["24.10.2"]}"#;
        let versions = versions("", text).unwrap();
        assert_eq!(versions.latest(), ["24.10.2", "23.05.5"]);
        assert_eq!(versions.all, ["24.10.2", "23.05.5"]);
    }

    #[test]
    fn feeds_of_both_notations() {
        let text = b"# c\nsrc-git-full base https://git/x.git^1\nsrc/gz luci https://x/luci\nsrc x ../..\nsrc-link ../evil y\n";
        assert_eq!(feeds("", text).unwrap(), ["base", "luci", "x"]);
    }
}
