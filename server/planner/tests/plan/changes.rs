//! What becomes of each package.

use asu_protocol::plan::Fate;

use crate::stage::{Edition, Stage, asked, change, fate, needing, package, providing};

#[test]
fn packages_are_kept_upgraded_replaced_dropped_and_added() {
    let old = [
        package("auc", "0.3-1"),
        package("vim", "9.0-1"),
        package("nano", "7-1"),
    ];
    let new = [
        package("owut", "1.0-r1"),
        package("vim", "9.1-r1"),
        package("nano", "7-1"),
        package("tmux", "3.4-r1"),
    ];
    let mut stage = Stage::new(&old, &new).installed(&[
        ("auc", Some("0.3-1")),
        ("vim", Some("9.0-1")),
        ("nano", Some("7-1")),
        ("kmod-nft-nat6", Some("5.15-1")),
    ]);
    stage.add.insert("tmux".to_owned());
    stage.installed_version = "22.03.5";
    let plan = stage.plan().unwrap();
    assert_eq!(fate(&plan, "nano"), Some(Fate::Kept));
    assert_eq!(fate(&plan, "vim"), Some(Fate::Upgraded));
    assert_eq!(fate(&plan, "kmod-nft-nat6"), Some(Fate::Dropped));
    assert_eq!(fate(&plan, "tmux"), Some(Fate::Added));
    let auc = change(&plan, "auc");
    assert_eq!(
        (auc.fate, auc.by.as_slice()),
        (Fate::Replaced, &["owut".to_owned()][..])
    );
    assert!(!auc.reason.is_empty());
    assert_eq!(change(&plan, "vim").old.as_deref(), Some("9.0-1"));
    assert_eq!(asked(&plan), ["base-files", "nano", "owut", "tmux", "vim"]);
    assert!(plan.install.contains_key("owut") && !plan.install.contains_key("auc"));
}

#[test]
fn a_package_that_outlived_its_rule_follows_it_once_it_is_gone() {
    let old = [package("firewall", "1-1"), package("px5g-wolfssl", "1-1")];
    let new = [
        package("firewall4", "2-r1"),
        package("px5g-wolfssl", "2-r1"),
    ];
    let mut stage = Stage::new(&old, &new)
        .installed(&[("firewall", Some("1-1")), ("px5g-wolfssl", Some("1-1"))]);
    stage.installed_version = "23.05.5";
    let plan = stage.plan().unwrap();
    let firewall = change(&plan, "firewall");
    assert_eq!(firewall.by, ["firewall4"]);
    assert_eq!(
        fate(&plan, "px5g-wolfssl"),
        Some(Fate::Upgraded),
        "it can still be had"
    );
}

#[test]
fn a_default_that_was_removed_on_purpose_stays_away_and_a_new_one_comes() {
    let mut stage = Stage::new(
        &[package("ppp", "2.4-1")],
        &[package("ppp", "2.5-r1"), package("urngd", "1-r1")],
    );
    if let Some(old) = &mut stage.old {
        old.defaults.push("ppp");
    }
    stage.new.defaults.extend(["ppp", "urngd"]);
    let plan = stage.plan().unwrap();
    assert_eq!(fate(&plan, "ppp"), None);
    assert_eq!(fate(&plan, "urngd"), Some(Fate::Added));
    assert_eq!(asked(&plan), ["base-files", "urngd"]);
    let left_out = plan
        .warnings
        .iter()
        .find(|w| w.code == "default-not-installed")
        .unwrap();
    assert_eq!(left_out.packages, ["ppp"]);
}

#[test]
fn a_default_that_is_there_for_another_package_is_not_taken_for_removed_or_new() {
    let old = [
        needing(package("luci", "1-1"), &["netifd"]),
        package("netifd", "1-1"),
    ];
    let new = [package("luci", "2-r1"), package("netifd", "2-r1")];
    let mut stage = Stage::new(&old, &new).installed(&[("luci", Some("1-1"))]);
    stage.new.defaults.push("netifd");
    stage.old.as_mut().unwrap().defaults.push("netifd");
    let plan = stage.plan().unwrap();
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    assert_eq!(asked(&plan), ["base-files", "luci", "netifd"]);
    assert_eq!(fate(&plan, "netifd"), None, "nor for new");
}

#[test]
fn a_default_that_was_replaced_by_a_variant_does_not_come_back_under_its_new_name() {
    let mut stage = Stage::new(
        &[
            package("wpad-basic-wolfssl", "1-1"),
            package("wpad-openssl", "1-1"),
        ],
        &[
            package("wpad-basic-mbedtls", "2-r1"),
            package("wpad-openssl", "2-r1"),
        ],
    )
    .installed(&[("wpad-openssl", Some("1-1"))]);
    stage.installed_version = "22.03.5";
    if let Some(old) = &mut stage.old {
        old.version = "22.03.5";
        old.defaults.push("wpad-basic-wolfssl");
    }
    stage.new.defaults.push("wpad-basic-mbedtls");
    let plan = stage.plan().unwrap();
    assert_eq!(asked(&plan), ["base-files", "wpad-openssl"]);
}

#[test]
fn device_packages_count_and_can_take_defaults_away() {
    let mut stage = Stage::new(&[], &[package("kmod-usb2", "6-r1"), package("ppp", "2-r1")]);
    stage.new.defaults.push("ppp");
    stage.new.device.extend(["kmod-usb2", "-ppp"]);
    assert_eq!(asked(&stage.plan().unwrap()), ["base-files", "kmod-usb2"]);
}

#[test]
fn an_unknown_installed_release_is_said_and_defaults_come_back() {
    let mut stage = Stage::new(&[], &[package("ppp", "2-r1")]);
    stage.new.defaults.push("ppp");
    stage.old = None;
    let plan = stage.plan().unwrap();
    assert_eq!(asked(&plan), ["base-files", "ppp"]);
    assert!(
        plan.warnings
            .iter()
            .any(|w| w.code == "installed-release-unknown")
    );
}

#[test]
fn libraries_go_by_their_name_without_abi_version() {
    let library = |name: &str, abi: &str, version: &str| asu_index::Package {
        abi_version: Some(abi.to_owned()),
        ..package(&format!("{name}{abi}"), version)
    };
    let stage = Stage::new(
        &[library("libubox", "20220927", "2022-1")],
        &[
            library("libubox", "20240329", "2024-1"),
            library("libubox", "20230101", "2023-1"),
        ],
    )
    .installed(&[("libubox", Some("2022-1"))]);
    let plan = stage.plan().unwrap();
    assert_eq!(change(&plan, "libubox").new.as_deref(), Some("2024-1"));
    assert_eq!(asked(&plan), ["base-files", "libubox20240329"]);
    assert_eq!(plan.install["libubox"], "2024-1");
}

#[test]
fn the_dependencies_are_in_the_image_and_not_in_the_request() {
    let luci = needing(package("luci", "2-r1"), &["uhttpd"]);
    let stage = Stage::new(&[], &[luci, package("uhttpd", "2-r1")]).installed(&[("luci", None)]);
    let plan = stage.plan().unwrap();
    assert!(plan.install.contains_key("uhttpd"));
    assert_eq!(asked(&plan), ["base-files", "luci"]);
    assert_eq!(plan.size.download, 3000);
}

#[test]
fn files_of_a_network_are_in_the_request() {
    let mut stage = Stage::new(&[], &[]);
    let path = "etc/config/mesh".parse().unwrap();
    stage.files = [(path, "config mesh\n".to_owned())].into();
    let request = stage.plan().unwrap().request.unwrap();
    assert_eq!(request.files, stage.files);
}

#[test]
fn a_choice_among_providers_is_told() {
    let stage = Stage::new(
        &[],
        &[
            needing(package("mail", "1-r1"), &["resolver"]),
            providing(package("unbound", "1-r1"), "resolver", None),
            providing(package("stubby", "1-r1"), "resolver", None),
        ],
    )
    .installed(&[("mail", None)]);
    let plan = stage.plan().unwrap();
    let choice = &plan.choices[0];
    assert_eq!(choice.name, "resolver");
    assert!(plan.install.contains_key(&choice.chosen) && choice.others.len() == 1);
}

#[test]
fn moving_to_apk_is_no_downgrade() {
    let mut stage = Stage::new(&[package("opkg", "2024-10-16-1")], &[]);
    stage.new = Edition {
        revision: "r300-ccccccc",
        packages: vec![
            package("base-files", "1700-r1"),
            package("apk-mbedtls", "3.0.6-r1"),
            package("libiwinfo", "2026.02.13~1aa36ee4-r1"),
        ],
        ..Edition::new("25.12.1", Vec::new())
    };
    stage.installed = vec![
        ("base-files", Some("1637-r24106")),
        ("opkg", Some("2024-10-16-38eccbb-1")),
        ("libiwinfo", Some("2024-03-29-eb9bcb64-1")),
    ];
    stage.installed_version = "24.10.2";
    let plan = stage.plan().unwrap();
    assert_eq!(fate(&plan, "libiwinfo"), Some(Fate::Upgraded));
    assert_eq!(change(&plan, "opkg").by, ["apk-mbedtls"]);
    assert!(
        plan.warnings.iter().all(|warning| !warning.needs_consent),
        "{:?}",
        plan.warnings
    );
}
