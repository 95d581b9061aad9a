//! Which versions are offered.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_protocol::router::RouterInfo;
use asu_view::offer::{Channel, folder, of_channel, offers, preselect, release_notes};
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
        [
            "25.12.0-rc1",
            "24.10.2",
            "23.05.6",
            "24.10-SNAPSHOT",
            "24.10.10",
            "23.05.5"
        ]
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

fn preselected(version: &str, wanted: Channel) -> (Channel, String) {
    preselect(&overview(), &router(version), wanted).unwrap()
}

#[test]
fn the_newest_stable_version_is_preselected() {
    let stable = |version: &str| preselected(version, Channel::Stable);
    let is = |channel, version: &str| (channel, version.to_owned());
    assert_eq!(stable("23.05.5"), is(Channel::Stable, "24.10.10"));
    assert_eq!(stable("24.10.10"), is(Channel::Stable, "24.10.10"));
    assert_eq!(stable("24.10.0-rc1"), is(Channel::Stable, "24.10.10"));
    assert_eq!(stable("25.12.0-rc0"), is(Channel::Testing, "25.12.0-rc1"));
    let snapshot = is(Channel::Snapshot, "24.10-SNAPSHOT");
    assert_eq!(stable("24.10-SNAPSHOT"), snapshot, "nothing older");
    assert_eq!(
        stable("99.0.0"),
        is(Channel::Stable, "24.10.10"),
        "the way back, where nothing else is left"
    );
}

#[test]
fn a_channel_that_is_wanted_goes_first_unless_it_leads_back() {
    let is = |channel, version: &str| (channel, version.to_owned());
    assert_eq!(
        preselected("23.05.5", Channel::Testing),
        is(Channel::Testing, "25.12.0-rc1")
    );
    assert_eq!(
        preselected("23.05.5", Channel::Installed),
        is(Channel::Installed, "23.05.5")
    );
    assert_eq!(
        preselected("25.12.0-rc1", Channel::Snapshot),
        is(Channel::Testing, "25.12.0-rc1"),
        "the branch snapshot is older"
    );
    assert_eq!(Channel::from_name("snapshot"), Some(Channel::Snapshot));
    assert_eq!(Channel::from_name("nightly"), None);
}

#[test]
fn channels_divide_the_versions() {
    let names = |version: &str, channel, advanced| -> Vec<String> {
        let offers = of_channel(&overview(), &router(version), channel, advanced);
        offers.into_iter().map(|offer| offer.version).collect()
    };
    let testing = names("23.05.5", Channel::Testing, false);
    assert_eq!(
        testing,
        ["25.12.0-rc1"],
        "what is released by now is not tested"
    );
    let testing = names("23.05.5", Channel::Testing, true);
    assert_eq!(testing, ["25.12.0-rc1", "24.10.0-rc1"]);
    assert_eq!(
        names("23.05.5", Channel::Snapshot, false),
        ["24.10-SNAPSHOT"]
    );
    assert_eq!(names("23.05.5", Channel::Installed, false), ["23.05.5"]);
    assert!(names("23.05.9", Channel::Installed, true).is_empty());
    let back = names("25.12.0-rc1", Channel::Stable, false);
    assert!(
        back.contains(&"24.10.10".to_owned()),
        "the way back: {back:?}"
    );
}

#[test]
fn releases_have_notes() {
    assert_eq!(
        release_notes("24.10.2").as_deref(),
        Some("https://openwrt.org/releases/24.10/notes-24.10.2")
    );
    for version in ["SNAPSHOT", "24.10-SNAPSHOT", "../x"] {
        assert_eq!(release_notes(version), None);
    }
}

#[test]
fn a_version_has_the_folder_its_branch_says() {
    assert_eq!(folder(&overview(), "25.12.0-rc1"), "releases/25.12.0-rc1");
    assert_eq!(folder(&overview(), "24.10.2"), "releases/24.10.2");
    assert_eq!(folder(&overview(), "SNAPSHOT"), "snapshots");
}
