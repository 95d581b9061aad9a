//! Whether it fits, and whether settings can be kept, is said before anything is built.

use asu_protocol::plan::{Plan, RouterFacts, Warning};

use crate::stage::{Stage, package};

fn warning<'p>(plan: &'p Plan, code: &str) -> Option<&'p Warning> {
    plan.warnings.iter().find(|warning| warning.code == code)
}

#[test]
fn an_image_that_outgrows_the_overlay_is_told() {
    let mut stage = Stage::new(&[], &[package("big", "1-r1")]).installed(&[]);
    stage.add.insert("big".to_owned());
    stage.router = RouterFacts {
        overlay_free: Some(999),
        ..RouterFacts::default()
    };
    let plan = stage.plan().unwrap();
    assert_eq!(
        (plan.size.growth, plan.size.fits),
        (Some(1000), Some(false))
    );
    assert!(warning(&plan, "does-not-fit").is_some());

    stage.router.overlay_free = Some(1000);
    let plan = stage.plan().unwrap();
    assert_eq!(plan.size.fits, Some(true));
    assert!(warning(&plan, "does-not-fit").is_none());
}

#[test]
fn a_package_from_elsewhere_does_not_hide_what_the_rest_takes() {
    let mut stage = Stage::new(&[], &[package("big", "1-r1")]).installed(&[("big", Some("1-r1"))]);
    stage.router.overlay_free = Some(999);
    assert_eq!(stage.plan().unwrap().size.growth, Some(1000));
}

#[test]
fn nothing_is_claimed_where_nothing_is_known() {
    let plan = Stage::new(&[], &[]).plan().unwrap();
    assert_eq!(plan.size.fits, None);
}

#[test]
fn an_image_larger_than_tmp_is_told() {
    let mut stage = Stage::new(&[], &[]);
    stage.router.tmp_free = Some(10);
    assert!(warning(&stage.plan().unwrap(), "tmp-too-small").is_some());
}

#[test]
fn settings_that_cannot_be_kept_are_told_where_a_release_changed_them() {
    let mut stage = Stage::new(&[], &[]);
    stage.target = "mvebu/cortexa9";
    stage.installed_version = "19.07.10";
    let plan = stage.plan().unwrap();
    assert!(
        warning(&plan, "compat-version")
            .unwrap()
            .text
            .contains("1.1 since 21.02")
    );
    stage.installed_version = "23.05.5";
    assert!(warning(&stage.plan().unwrap(), "compat-version").is_none());
}

#[test]
fn the_routers_own_compat_version_goes_before_its_releases() {
    let mut stage = Stage::new(&[], &[]);
    stage.target = "mvebu/cortexa9";
    stage.router.compat_version = Some("1.0".to_owned());
    assert!(warning(&stage.plan().unwrap(), "compat-version").is_some());
    stage.router.compat_version = Some("1.1".to_owned());
    assert!(warning(&stage.plan().unwrap(), "compat-version").is_none());
    stage.target = "ath79/generic";
    stage.router.compat_version = Some("1.0".to_owned());
    assert!(warning(&stage.plan().unwrap(), "compat-version").is_none());
}
