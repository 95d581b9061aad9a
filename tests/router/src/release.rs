//! Which OpenWrt a root filesystem holds.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The facts of `/etc/openwrt_release`; absent ones are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    pub(crate) distribution: String,
    pub(crate) version: String,
    pub(crate) revision: String,
    pub(crate) target: String,
}

impl Release {
    /// Reads the release of the system in `root`.
    pub(crate) fn of(root: &Path) -> Self {
        let text = fs::read_to_string(root.join("etc/openwrt_release")).unwrap_or_default();
        let value = |key: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(|value| value.trim_matches(['\'', '"']).to_owned())
                .unwrap_or_default()
        };
        Self {
            distribution: value("DISTRIB_ID"),
            version: value("DISTRIB_RELEASE"),
            revision: value("DISTRIB_REVISION"),
            target: value("DISTRIB_TARGET"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_read_and_absent_ones_are_empty() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        let text =
            "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.5'\nDISTRIB_TARGET=\"ath79/generic\"\n";
        fs::write(root.path().join("etc/openwrt_release"), text).unwrap();
        let release = Release::of(root.path());
        assert_eq!(
            (release.version.as_str(), release.target.as_str()),
            ("23.05.5", "ath79/generic")
        );
        assert_eq!(release.revision, "");
    }
}
