//! Rules of made-up releases, one test for each thing a rule can do and each way to get it wrong.

use crate::common::{DEVICE, steps, upgrade, wanted, with_rules};
use asu_distributions::{Device, Outcome, Release, transform};

const CHAIN: &str = r#"
  - version: "3.0"
    packages: [{ package: b, to: c, note: third }]
  - version: "2.0"
    packages: [{ package: a, to: b, note: second }]
"#;

const CHOICE: &str = r#"
  - version: "2.0"
    packages:
      - package: z
        to: { z-ssl: true, z-mbed: [zc, zd], z-none: false }
        choice_notes: { z-none: Smallest. }
"#;

#[test]
fn rules_chain_across_versions_in_version_order() {
    let result = upgrade(&with_rules(CHAIN), "1.0.1", "3.0.1", &["a"]);
    assert_eq!(wanted(&result), ["c"]);
    let versions: Vec<_> = steps(&result, "a")
        .iter()
        .map(|step| step.version.as_str())
        .collect();
    assert_eq!(versions, ["2.0", "3.0"]);
    assert_eq!(steps(&result, "a")[1].note.as_deref(), Some("third"));
}

#[test]
fn only_versions_after_the_installed_up_to_the_wanted_count() {
    let rules = with_rules(CHAIN);
    assert_eq!(
        wanted(&upgrade(&rules, "1.0.1", "2.0.0", &["a", "b"])),
        ["b"]
    );
    assert_eq!(
        wanted(&upgrade(&rules, "2.0.0", "3.0.0", &["a", "b"])),
        ["a", "c"]
    );
    assert_eq!(
        wanted(&upgrade(&rules, "2.0.0-rc1", "2.0.0", &["a"])),
        ["a"]
    );
    assert_eq!(
        wanted(&upgrade(&rules, "1.0.9", "2.0.0-rc1", &["a"])),
        ["b"]
    );
    assert_eq!(
        wanted(&upgrade(&rules, "1.0-SNAPSHOT", "2.0-SNAPSHOT", &["a"])),
        ["b"]
    );
    assert_eq!(wanted(&upgrade(&rules, "1.0.9", "1.0.10", &["a"])), ["a"]);
}

#[test]
fn downgrades_and_the_same_release_change_nothing() {
    let rules = with_rules(CHAIN);
    for (from, to) in [
        ("3.0.1", "1.0.0"),
        ("2.0.0", "2.0.0"),
        ("SNAPSHOT", "2.0.1"),
    ] {
        let result = upgrade(&rules, from, to, &["a", "b", "x"]);
        assert_eq!(wanted(&result), ["a", "b", "x"]);
        assert!(
            result
                .packages
                .values()
                .all(|outcome| *outcome == Outcome::Kept)
        );
    }
}

#[test]
fn unknown_packages_are_kept() {
    let result = upgrade(
        &with_rules(CHAIN),
        "1.0.0",
        "4.0.0",
        &["vim", "never-heard-of"],
    );
    assert_eq!(result.packages["never-heard-of"], Outcome::Kept);
    assert_eq!(wanted(&result), ["never-heard-of", "vim"]);
}

#[test]
fn the_context_wins_over_the_default() {
    let rules = with_rules(CHOICE);
    let to = |installed: &[&str]| wanted(&upgrade(&rules, "1.0.0", "2.0.0", installed));
    assert_eq!(to(&["z"]), ["z-ssl"]);
    assert_eq!(to(&["z", "zc"]), ["z-mbed", "zc"]);
    assert_eq!(to(&["zd", "z"]), ["z-mbed", "zd"]);
}

#[test]
fn what_was_not_chosen_is_offered() {
    let result = upgrade(&with_rules(CHOICE), "1.0.0", "2.0.0", &["z"]);
    let offers = &result.offered["z"];
    let names: Vec<_> = offers.iter().map(|offer| offer.package.as_str()).collect();
    assert_eq!(names, ["z-mbed", "z-none"]);
    assert_eq!(offers[1].note.as_deref(), Some("Smallest."));
}

#[test]
fn offers_are_renamed_and_dropped_like_packages() {
    let later = r#"
  - version: "3.0"
    packages: [{ package: z-none, to: z-bare }, { package: z-mbed, to: false }]
"#;
    let rules = with_rules(&format!("{CHOICE}{later}"));
    let result = upgrade(&rules, "1.0.0", "3.0.0", &["z"]);
    let offers = &result.offered["z"];
    let names: Vec<_> = offers.iter().map(|offer| offer.package.as_str()).collect();
    assert_eq!(names, ["z-bare"]);
}

#[test]
fn a_choice_without_its_context_keeps_the_package() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    packages: [{ package: a, to: { b: [ctx] } }]
"#,
    );
    let result = upgrade(&rules, "1.0.0", "2.0.0", &["a"]);
    assert_eq!(result.packages["a"], Outcome::Kept);
    assert_eq!(result.offered["a"][0].package, "b");
    assert_eq!(
        wanted(&upgrade(&rules, "1.0.0", "2.0.0", &["a", "ctx"])),
        ["b", "ctx"]
    );
}

#[test]
fn contexts_are_the_original_packages_and_those_they_became() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    packages: [{ package: old, to: new }]
  - version: "3.0"
    packages:
      - { package: a, to: { a-old: [old] } }
      - { package: b, to: { b-new: [new] } }
"#,
    );
    let result = upgrade(&rules, "1.0.0", "3.0.0", &["old", "a", "b"]);
    assert_eq!(wanted(&result), ["a-old", "b-new", "new"]);
}

#[test]
fn a_package_is_split_dropped_and_merged() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    packages:
      - { package: a, to: [a, a-extra] }
      - { package: gone, to: false }
      - { package: gone-too, to: null }
      - { package: x, to: one }
      - { package: y, to: one }
"#,
    );
    let installed = ["a", "gone", "gone-too", "x", "y", "one", "a"];
    let result = upgrade(&rules, "1.0.0", "2.0.0", &installed);
    assert_eq!(wanted(&result), ["a", "a-extra", "one"]);
    assert!(matches!(
        result.packages["gone-too"],
        Outcome::Dropped { .. }
    ));
    assert_eq!(result.packages["one"], Outcome::Kept);
    assert_eq!(steps(&result, "y")[0].to, ["one"]);
}

#[test]
fn renames_to_and_fro_end() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    packages: [{ package: a, to: b }]
  - version: "3.0"
    packages: [{ package: b, to: a }]
"#,
    );
    assert_eq!(
        upgrade(&rules, "1.0.0", "3.0.0", &["a"]).packages["a"],
        Outcome::Kept
    );
    assert_eq!(
        wanted(&upgrade(&rules, "1.0.0", "2.0.0", &["a", "b"])),
        ["b"]
    );
}

#[test]
fn translations_follow_the_rule_that_says_most() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    language_packs:
      - { prefix: i18n-, suffix: -en, to: false, every: true }
      - { prefix: i18n-old-, to: i18n-new- }
"#,
    );
    let result = upgrade(
        &rules,
        "1.0.0",
        "2.0.0",
        &["i18n-old-de", "i18n-x-en", "i18n-x-de"],
    );
    assert_eq!(wanted(&result), ["i18n-new-de", "i18n-x-de"]);
    let later = upgrade(&rules, "2.0.0", "2.0.1", &["i18n-old-de", "i18n-x-en"]);
    assert_eq!(wanted(&later), ["i18n-old-de"]);
}

#[test]
fn additions_are_for_their_devices_and_versions() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    additions:
      - packages: [kmod-x]
        targets: ["ath79/*"]
        profiles: ["netgear_*"]
        until: "4.0"
        note: The driver moved out.
  - version: "3.0"
    packages: [{ package: kmod-x, to: kmod-y }]
"#,
    );
    let test = rules.get("test").unwrap();
    let device = Device {
        target: "ath79/generic",
        profile: "netgear_wndr3700",
    };
    let added = |device, from, to, installed: &[&str]| {
        let result = transform(test, from, to, device, installed);
        let names = result.added.iter().map(|added| added.package.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(added(device, "1.0.0", "2.0.0", &["a"]), ["kmod-x"]);
    assert_eq!(added(device, "1.0.0", "3.0.0", &["a"]), ["kmod-y"]);
    assert!(added(device, "1.0.0", "4.0.0", &["a"]).is_empty());
    assert!(added(device, "2.0.0", "2.0.1", &["a"]).is_empty());
    assert!(added(device, "1.0.0", "2.0.0", &["kmod-x"]).is_empty());
    assert!(added(DEVICE, "1.0.0", "2.0.0", &["a"]).is_empty());
}

#[test]
fn snapshots_are_told_apart_by_their_revision() {
    let rules = with_rules(
        r#"
  - version: "4.0"
    packages:
      - { package: a, to: b, revision: 200 }
      - { package: never, to: ever }
  - version: SNAPSHOT
    packages: [{ package: gone, to: false, every: true }, { package: k, to: l }]
"#,
    );
    let test = rules.get("test").unwrap();
    let between = |from, to| {
        let release = |revision| Release {
            version: "SNAPSHOT",
            revision,
        };
        let installed = ["a", "never", "gone", "k"];
        wanted(&transform(
            test,
            release(from),
            release(to),
            DEVICE,
            &installed,
        ))
    };
    assert_eq!(between(Some(100), Some(300)), ["b", "k", "never"]);
    assert_eq!(between(Some(200), Some(300)), ["a", "k", "never"]);
    for (from, to) in [
        (Some(300), Some(100)),
        (Some(100), Some(100)),
        (None, Some(300)),
    ] {
        assert_eq!(between(from, to), ["a", "gone", "k", "never"]);
    }
    let to = Release {
        version: "SNAPSHOT",
        revision: Some(300),
    };
    let result = transform(test, "3.0.0", to, DEVICE, &["a", "never", "gone", "k"]);
    assert_eq!(wanted(&result), ["b", "ever", "l"]);
}

#[test]
fn boards_are_renamed_across_versions() {
    let rules = with_rules(
        r#"
  - version: "2.0"
    boards: { one: two }
  - version: "3.0"
    boards: { two: three }
"#,
    );
    let test = rules.get("test").unwrap();
    assert_eq!(test.rename_board("1.0.0", "3.0.0", "one"), "three");
    assert_eq!(test.rename_board("1.0.0", "2.0.0", "one"), "two");
    assert_eq!(test.rename_board("3.0.0", "1.0.0", "one"), "one");
    assert_eq!(test.rename_board("1.0.0", "3.0.0", "other"), "other");
}
