//! Nothing becomes older unasked.

use asu_protocol::plan::Fate;

use crate::stage::{Stage, fate, package};

#[test]
fn an_older_release_needs_consent() {
    let mut stage = Stage::new(&[], &[]);
    stage.installed_version = "24.10.4";
    let plan = stage.plan().unwrap();
    let warning = plan
        .warnings
        .iter()
        .find(|w| w.code == "release-downgrade")
        .unwrap();
    assert!(warning.needs_consent && plan.request.is_none());

    stage.allow_downgrade = true;
    let plan = stage.plan().unwrap();
    assert!(plan.request.is_some() && plan.warnings.iter().all(|w| !w.needs_consent));
}

#[test]
fn an_older_package_needs_consent() {
    let stage = Stage::new(&[package("vim", "9.1-1")], &[package("vim", "9.0-r9")]);
    let stage = stage.installed(&[("vim", Some("9.1-1"))]);
    let plan = stage.plan().unwrap();
    assert_eq!(fate(&plan, "vim"), Some(Fate::Downgraded));
    let warning = plan
        .warnings
        .iter()
        .find(|w| w.code == "package-downgrade")
        .unwrap();
    assert_eq!(warning.packages, ["vim"]);
    assert!(plan.request.is_none());
}

#[test]
fn twenty_four_ten_ten_is_newer_than_nine() {
    let mut stage = Stage::new(&[], &[]);
    stage.installed_version = "24.10.9";
    stage.new.version = "24.10.10";
    assert!(stage.plan().unwrap().request.is_some());
}
