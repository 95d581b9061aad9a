//! What holds for every set of packages and every pair of releases.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::common::{DEVICE, wanted, with_rules};
use asu_distributions::{Distributions, Outcome, transform};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

static COMMITTED: LazyLock<Distributions> = LazyLock::new(|| Distributions::committed().unwrap());

const VERSIONS: &[&str] = &[
    "15.05.1",
    "17.01.4",
    "18.06.9",
    "21.02.7",
    "22.03.7",
    "23.05.0-rc1",
    "23.05.6",
    "24.10.8",
    "25.12.5",
    "SNAPSHOT",
];

const PACKAGES: &[&str] = &[
    "vim",
    "openvpn",
    "polarssl",
    "mbedtls",
    "libmicrohttpd",
    "kmod-ipv6",
    "firewall",
    "firewall4",
    "px5g-wolfssl",
    "px5g-mbedtls",
    "auc",
    "owut",
    "opkg",
    "luci-app-opkg",
    "luci-i18n-opkg-de",
    "luci-i18n-base-en",
    "luci-i18n-opkg-en",
    "kmod-nf-conntrack6",
    "unheard-of",
];

fn installed() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(PACKAGES, 0..PACKAGES.len()).prop_shuffle()
}

/// Rules that rename, split, drop and choose among the same six names, release after release.
fn tangle() -> impl Strategy<Value = String> {
    let name = || select(&["a", "b", "c", "d", "e", "f"][..]);
    let to = prop_oneof![
        name().prop_map(str::to_owned),
        (name(), name()).prop_map(|(x, y)| format!("[{x}, {y}]")),
        Just("false".to_owned()),
        (name(), name()).prop_map(|(x, y)| format!("{{ {x}-new: [{y}], {x}-plain: true }}")),
    ];
    let rule = (name(), to);
    proptest::collection::vec(rule, 3).prop_map(|rules| {
        let steps = rules.iter().zip(2..).map(|((package, to), version)| {
            format!(
                "  - version: \"{version}.0\"\n    packages: [{{ package: {package}, to: {to} }}]\n"
            )
        });
        steps.collect()
    })
}

proptest! {
    #[test]
    fn an_upgrade_to_the_same_version_changes_nothing(
        version in select(VERSIONS), installed in installed()
    ) {
        let openwrt = COMMITTED.get("openwrt").unwrap();
        let result = transform(openwrt, version, version, DEVICE, &installed);
        let before: BTreeSet<&str> = installed.iter().copied().collect();
        prop_assert_eq!(result.wanted(), before);
    }

    #[test]
    fn what_was_transformed_is_not_transformed_again(
        from in select(VERSIONS), to in select(VERSIONS), installed in installed()
    ) {
        let openwrt = COMMITTED.get("openwrt").unwrap();
        let once = wanted(&transform(openwrt, from, to, DEVICE, &installed));
        let names: Vec<&str> = once.iter().map(String::as_str).collect();
        prop_assert_eq!(wanted(&transform(openwrt, to, to, DEVICE, &names)), once.clone());
    }

    #[test]
    fn no_package_is_lost_without_a_rule(
        from in select(VERSIONS), to in select(VERSIONS), installed in installed()
    ) {
        let openwrt = COMMITTED.get("openwrt").unwrap();
        let result = transform(openwrt, from, to, DEVICE, &installed);
        prop_assert_eq!(result.packages.len(), installed.len());
        for name in installed {
            match &result.packages[name] {
                Outcome::Kept => prop_assert!(result.wanted().contains(name)),
                Outcome::Replaced { by, steps } => prop_assert!(!by.is_empty() && !steps.is_empty()),
                Outcome::Dropped { steps } => prop_assert!(!steps.is_empty()),
            }
        }
    }

    #[test]
    fn the_order_of_packages_does_not_matter(
        from in select(VERSIONS), to in select(VERSIONS), installed in installed()
    ) {
        let openwrt = COMMITTED.get("openwrt").unwrap();
        let mut sorted = installed.clone();
        sorted.sort_unstable();
        prop_assert_eq!(
            transform(openwrt, from, to, DEVICE, &installed),
            transform(openwrt, from, to, DEVICE, &sorted)
        );
    }

    #[test]
    fn tangled_rules_end_and_say_the_same_twice(
        rules in tangle(), installed in subsequence(&["a", "b", "c", "d", "e", "f"], 1..6)
    ) {
        // A rule that replaces a package by itself alone is refused; such tangles are skipped.
        let Ok(rules) = crate::common::try_rules(&rules) else { return Ok(()) };
        let test = rules.get("test").unwrap();
        let at_once = transform(test, "1.0.0", "4.0.0", DEVICE, &installed);
        prop_assert_eq!(at_once.packages.len(), installed.len());
        let again = transform(test, "1.0.0", "4.0.0", DEVICE, &installed);
        prop_assert_eq!(at_once, again);
    }
}

#[test]
fn release_by_release_and_at_once_agree_without_contexts() {
    let rules = with_rules(
        "  - { version: \"2.0\", packages: [{ package: a, to: [b, c] }] }
  - { version: \"3.0\", packages: [{ package: b, to: d }, { package: c, to: false }] }
",
    );
    let test = rules.get("test").unwrap();
    let at_once = wanted(&transform(test, "1.0.0", "3.0.0", DEVICE, &["a"]));
    let first = wanted(&transform(test, "1.0.0", "2.0.0", DEVICE, &["a"]));
    let names: Vec<&str> = first.iter().map(String::as_str).collect();
    assert_eq!(
        wanted(&transform(test, "2.0.0", "3.0.0", DEVICE, &names)),
        at_once
    );
}
