//! What the tests share.

use asu_distributions::{
    AppliedRule, Device, Distributions, LoadError, Outcome, Transformed, transform,
};

/// A device no addition asks for.
pub(crate) const DEVICE: Device<'static> = Device {
    target: "x86/64",
    profile: "generic",
};

/// A distribution with branches `1.0` to `4.0`, a main line, and these transformations.
pub(crate) fn with_rules(transformations: &str) -> Distributions {
    try_rules(transformations).unwrap()
}

pub(crate) fn try_rules(transformations: &str) -> Result<Distributions, LoadError> {
    let head = r#"
name: test
mirror: https://example.org
branches:
  - { name: "1.0", path: "{version}", package_manager: opkg }
  - { name: "2.0", path: "{version}", package_manager: opkg }
  - { name: "3.0", path: "{version}", package_manager: opkg }
  - { name: "4.0", path: "{version}", package_manager: apk }
  - { name: SNAPSHOT, path: snapshots, package_manager: apk, snapshot: true }
transformations:
"#;
    let text = format!("{}{transformations}", head.trim_start());
    Distributions::from_texts(&[("test.yml", &text)])
}

/// What becomes of `installed` between two releases of the test distribution.
pub(crate) fn upgrade(
    rules: &Distributions,
    from: &str,
    to: &str,
    installed: &[&str],
) -> Transformed {
    transform(rules.get("test").unwrap(), from, to, DEVICE, installed)
}

/// The packages of an OpenWrt device after an upgrade.
pub(crate) fn openwrt(from: &str, to: &str, installed: &[&str]) -> Vec<String> {
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("openwrt").unwrap();
    wanted(&transform(openwrt, from, to, DEVICE, installed))
}

pub(crate) fn wanted(result: &Transformed) -> Vec<String> {
    result.wanted().into_iter().map(str::to_owned).collect()
}

/// The rules that changed a package.
pub(crate) fn steps<'a>(result: &'a Transformed, package: &str) -> &'a [AppliedRule] {
    match &result.packages[package] {
        Outcome::Kept => &[],
        Outcome::Replaced { steps, .. } | Outcome::Dropped { steps } => steps,
    }
}
