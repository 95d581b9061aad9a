//! Which versions are offered.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_protocol::router::RouterInfo;
use asu_view::offer::{folder, offers, preselect};
use asu_view::read::{self, Overview};

fn overview() -> Overview {
    read::overview(&common::tree(&serde_json::json!({
            "latest": ["25.12.0-rc1", "24.10.2", "23.05.6"],
            "branches": {
                "25.12": {"enabled": true, "path": "releases/{version}", "versions": ["25.12.0-rc1"], "targets": {"ath79/generic": "mips_24kc"}},
                "24.10": {"enabled": true, "versions": ["24.10-SNAPSHOT", "24.10.10", "24.10.2", "24.10.0-rc1"], "targets": {"ath79/generic": "mips_24kc"}},
                "23.05": {"enabled": true, "versions": ["23.05.6", "23.05.5", "23.05.4"], "targets": {"ath79/generic": "mips_24kc"}},
                "22.03": {"enabled": false, "versions": ["22.03.7"], "targets": {"ath79/generic": "mips_24kc"}},
                "SNAPSHOT": {"enabled": true, "snapshot": true, "path": "snapshots", "versions": ["SNAPSHOT"], "targets": {"x86/64": "x86_64"}},
            }
        })))
        .unwrap()
}

fn router(version: &str) -> RouterInfo {
    RouterInfo {
        version: version.to_owned(),
        target: "ath79/generic".to_owned(),
        ..RouterInfo::default()
    }
}

fn names(version: &str, advanced: bool) -> Vec<String> {
    offers(&overview(), &router(version), advanced)
        .into_iter()
        .map(|offer| offer.version)
        .collect()
}

#[test]
fn latest_come_first_and_nothing_older_is_offered() {
    assert_eq!(
        names("23.05.5", false),
        ["25.12.0-rc1", "24.10.2", "23.05.6", "24.10.10", "23.05.5"]
    );
}

#[test]
fn advanced_adds_older_versions_candidates_and_snapshots() {
    let all = names("24.10.2", true);
    for version in ["24.10-SNAPSHOT", "24.10.0-rc1", "23.05.4"] {
        assert!(all.iter().any(|name| name == version), "{version}");
    }
    assert!(
        !all.iter()
            .any(|name| name == "22.03.7" || name == "SNAPSHOT")
    );
}

#[test]
fn the_newest_stable_version_is_preselected() {
    let choose = |version: &str| {
        let router = router(version);
        preselect(&offers(&overview(), &router, false), &router)
    };
    assert_eq!(choose("23.05.5").as_deref(), Some("24.10.10"));
    assert_eq!(choose("24.10.10").as_deref(), Some("24.10.10"));
    assert_eq!(choose("25.12.0-rc1").as_deref(), Some("25.12.0-rc1"));
}

#[test]
fn a_version_has_the_folder_its_branch_says() {
    assert_eq!(folder(&overview(), "25.12.0-rc1"), "releases/25.12.0-rc1");
    assert_eq!(folder(&overview(), "24.10.2"), "releases/24.10.2");
    assert_eq!(folder(&overview(), "SNAPSHOT"), "snapshots");
}
