//! Twelve troubles users reported of other tools, and what our plan says: `docs/troubles.md` quotes
//! these very sentences.

use asu_protocol::plan::{Fate, Plan};

use crate::problems::follow;
use crate::stage::{Edition, Stage, asked, change, fate, needing, package, relation};

const DOCUMENT: &str = include_str!("../../../../docs/troubles.md");

/// Fails unless the document quotes `text`.
fn quoted(text: &str) {
    assert!(
        DOCUMENT.contains(text),
        "docs/troubles.md does not say: {text}"
    );
}

fn warned(plan: &Plan, code: &str) {
    let warning = plan.warnings.iter().find(|warning| warning.code == code);
    quoted(&warning.unwrap().text);
}

/// From 22.03, before wolfSSL went.
fn from_22_03(mut stage: Stage) -> Stage {
    stage.installed_version = "22.03.7";
    if let Some(old) = &mut stage.old {
        old.version = "22.03.7";
    }
    stage
}

#[test]
fn packages_of_the_next_package_manager_are_no_downgrades() {
    let mut stage = Stage::new(&[package("tcpdump", "4.99.4-1")], &[]);
    stage.new = Edition {
        packages: vec![
            package("base-files", "1700-r1"),
            package("tcpdump", "4.99.5-r1"),
        ],
        ..Edition::new("25.12.1", Vec::new())
    };
    stage.installed = vec![
        ("base-files", Some("1500-r1")),
        ("tcpdump", Some("4.99.4-1")),
    ];
    assert_eq!(
        fate(&stage.plan().unwrap(), "tcpdump"),
        Some(Fate::Upgraded)
    );
}

#[test]
fn older_packages_need_consent() {
    let stage = Stage::new(&[], &[package("curl", "8.5.0-r1")]);
    let plan = stage
        .installed(&[("curl", Some("8.7.1-r1"))])
        .plan()
        .unwrap();
    assert!(plan.request.is_none());
    warned(&plan, "package-downgrade");
}

#[test]
fn a_dependency_that_vanished_stops_nothing() {
    let luci = needing(package("luci", "1-1"), &["liblucihttp0"]);
    let stage = Stage::new(
        &[luci, package("liblucihttp0", "1-1")],
        &[package("luci", "2-r1")],
    );
    let plan = stage.installed(&[("luci", Some("1-1"))]).plan().unwrap();
    assert_eq!(fate(&plan, "luci"), Some(Fate::Upgraded));
}

#[test]
fn a_default_that_a_variant_stands_in_for_is_left_out() {
    let new = [
        package("wpad-basic-mbedtls", "2-r1"),
        package("wpad-mbedtls", "2-r1"),
    ];
    let mut stage = Stage::new(&new, &new).installed(&[("wpad-mbedtls", Some("2-r1"))]);
    for edition in [stage.old.as_mut().unwrap(), &mut stage.new] {
        edition.defaults.push("wpad-basic-mbedtls");
    }
    let plan = stage.plan().unwrap();
    warned(&plan, "default-not-installed");
    assert_eq!(asked(&plan), ["base-files", "wpad-mbedtls"]);
}

#[test]
fn libustream_survives_its_change_of_library() {
    let stage = Stage::new(
        &[package("libustream-wolfssl", "1-1")],
        &[package("libustream-mbedtls", "2-r1")],
    );
    let stage = from_22_03(stage.installed(&[("libustream-wolfssl", Some("1-1"))]));
    let plan = stage.plan().unwrap();
    quoted(&change(&plan, "libustream-wolfssl").reason);
    assert_eq!(asked(&plan), ["base-files", "libustream-mbedtls"]);
}

#[test]
fn a_library_that_a_default_package_lacks_is_the_mirrors_fault() {
    let mut stage = Stage::new(&[], &[needing(package("mtd", "26"), &["libubox20260213"])]);
    stage.new.defaults.push("mtd");
    let problems = stage.plan().unwrap_err();
    quoted(&problems[0].text);
}

#[test]
fn a_name_with_its_abi_version_is_understood() {
    let library = |abi: &str, version: &str| asu_index::Package {
        abi_version: Some(abi.to_owned()),
        ..package(&format!("libubus{abi}"), version)
    };
    let stage = Stage::new(
        &[library("20191227", "2019-1")],
        &[library("20230605", "2023-r1")],
    );
    let plan = stage
        .installed(&[("libubus20191227", Some("2019-1"))])
        .plan()
        .unwrap();
    assert_eq!(asked(&plan), ["base-files", "libubus20230605"]);
    assert_eq!(change(&plan, "libubus").old.as_deref(), Some("2019-1"));
}

#[test]
fn wolfssl_gives_way_to_mbedtls() {
    let mut mbedtls = package("wpad-basic-mbedtls", "2-r1");
    mbedtls.conflicts.push(relation("wpad-basic-wolfssl"));
    let stage = Stage::new(
        &[package("wpad-basic-wolfssl", "1-1")],
        &[mbedtls, package("wpad-basic-wolfssl", "2-r1")],
    );
    let mut stage = from_22_03(stage.installed(&[("wpad-basic-wolfssl", Some("1-1"))]));
    stage.new.defaults.push("wpad-basic-mbedtls");
    let plan = stage.plan().unwrap();
    assert_eq!(
        change(&plan, "wpad-basic-wolfssl").by,
        ["wpad-basic-mbedtls"]
    );
    quoted(&change(&plan, "wpad-basic-wolfssl").reason);
}

#[test]
fn dnsmasq_and_dnsmasq_full_are_both_named() {
    let mut full = package("dnsmasq-full", "2.90-r4");
    full.conflicts.push(relation("dnsmasq"));
    let new = [full, package("dnsmasq", "2.90-r4")];
    let stage = Stage::new(&new, &new).installed(&[("dnsmasq", None), ("dnsmasq-full", None)]);
    let problems = stage.plan().unwrap_err();
    quoted(&problems[0].text);
    quoted(&problems[0].remedies[0].text);
    assert!(follow(&stage, &problems[0]).plan().is_ok());
}

#[test]
fn auc_becomes_owut() {
    let stage = Stage::new(&[package("auc", "0.3-1")], &[package("owut", "1-r1")]);
    let plan = stage.installed(&[("auc", Some("0.3-1"))]).plan().unwrap();
    quoted(&change(&plan, "auc").reason);
}

#[test]
fn a_package_that_no_feed_has_is_named() {
    let stage = Stage::new(&[], &[]).installed(&[("adguardhome", Some("0.107-1"))]);
    let problems = stage.plan().unwrap_err();
    quoted(&problems[0].text);
    quoted(&problems[0].remedies[0].text);
    assert!(follow(&stage, &problems[0]).plan().is_ok());
}

#[test]
fn settings_that_cannot_migrate_are_told_first() {
    let mut stage = Stage::new(&[], &[]);
    stage.target = "mvebu/cortexa9";
    stage.router.compat_version = Some("1.0".to_owned());
    warned(&stage.plan().unwrap(), "compat-version");
}
