//! The ImageBuilders of apk, driven as a build server drives them.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use asu_protocol::profiles::TargetProfiles;
use sha2::{Digest as _, Sha256};
use support::ImageBuilder;

const ARCHER: &str = "PROFILE=tplink_archer-c7-v5";
const PREFIX: &str = "openwrt-25.12.1-ath79-generic-tplink_archer-c7-v5";

#[test]
fn it_is_told_from_opkgs_by_its_list_of_repositories() {
    let ib = ImageBuilder::unpack("25.12.1", "x86/64");
    let list = fs::read_to_string(ib.path("repositories")).unwrap();
    assert!(
        list.lines()
            .all(|line| line.starts_with("http://") && line.ends_with("/packages.adb"))
    );
    assert_eq!(list.lines().count(), 7);
    assert!(!ib.path("repositories.conf").exists());
    assert!(
        fs::read_to_string(ib.path(".config"))
            .unwrap()
            .contains("CONFIG_USE_APK=y\n")
    );
    let pem = fs::read_to_string(ib.path("keys/test-mirror.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let info = ib.make(&["info"]).stdout;
    assert!(
        info.contains("\nDefault Packages: apk-mbedtls base-files "),
        "{info}"
    );
}

#[test]
fn manifest_lists_names_and_versions() {
    let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
    let made = ib.make(&[
        "manifest",
        ARCHER,
        "PACKAGES=luci owut dnsmasq-full -dnsmasq",
    ]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let lines: Vec<&str> = made.stdout.lines().collect();
    assert!(lines.is_sorted());
    for wanted in [
        "luci 26.070.41233~5b2c9d0",
        "kmod-usb2 6.12.74-r1",
        "libubox20251104 2025.11.04~8a39411c-r1",
        "apk-mbedtls 3.0.2-r1",
        "dnsmasq-full 2.91-r2",
    ] {
        assert!(lines.contains(&wanted), "{wanted} in {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.starts_with("dnsmasq ")));
}

#[test]
fn nothing_is_installed_where_a_package_is_unknown() {
    let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
    let made = ib.make(&["image", ARCHER, "PACKAGES=nosuchpkg htop"]);
    assert_eq!(made.code, 2);
    let said = "ERROR: unable to select packages:\n  nosuchpkg (no such package):\n    \
        required by: world[nosuchpkg]\n";
    assert!(made.stderr.contains(said), "{}", made.stderr);
    assert!(!made.stdout.contains(") Installing "), "{}", made.stdout);
    assert!(
        made.stderr.contains(": package_install] Error "),
        "{}",
        made.stderr
    );
}

#[test]
fn an_index_without_a_trusted_signature_is_left_out() {
    let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
    fs::remove_file(ib.path("keys/test-mirror.pem")).unwrap();
    let made = ib.make(&["image", ARCHER]);
    assert_eq!(made.code, 2);
    let warning = "/base/packages.adb: UNTRUSTED signature\n";
    assert!(made.stderr.contains(warning), "{}", made.stderr);
    assert!(
        made.stderr.contains("\n  dnsmasq (no such package):\n"),
        "{}",
        made.stderr
    );
}

#[test]
fn an_image_has_its_packages_files_and_services() {
    let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
    fs::create_dir_all(ib.path("overlay/etc/uci-defaults")).unwrap();
    fs::write(ib.path("overlay/etc/uci-defaults/99-mine"), "exit 0\n").unwrap();
    let made = ib.make(&[
        "image",
        ARCHER,
        "PACKAGES=luci htop -ppp-mod-pppoe",
        "FILES=overlay",
        "DISABLED_SERVICES=dnsmasq",
        "ADD_LOCAL_KEY=1",
    ]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("\nOK: "), "{}", made.stdout);
    check_root(&ib.path("build_dir/target-mips_24kc_musl/root-ath79"));
    let bin = ib.path("bin/targets/ath79/generic");
    let manifest = fs::read_to_string(bin.join(format!("{PREFIX}.manifest"))).unwrap();
    assert!(manifest.contains("\nhtop - 3.4.1-r1\n"), "{manifest}");
    let text = fs::read_to_string(bin.join("profiles.json")).unwrap();
    let profiles: TargetProfiles = serde_json::from_str(&text).unwrap();
    let images = &profiles.profiles["tplink_archer-c7-v5"].images;
    assert_eq!(images.len(), 2);
    assert!(images.iter().all(|image| bin.join(&image.name).exists()));
}

fn check_root(root: &Path) {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let installed = read("lib/apk/db/installed");
    assert!(installed.contains("\nP:htop\nV:3.4.1-r1\nA:mips_24kc\n"));
    assert!(installed.contains("\ng:openwrt:abiversion=20251104\n"));
    assert!(!installed.contains("\nP:ppp-mod-pppoe\n"));
    assert!(read("etc/apk/world").lines().any(|name| name == "htop"));
    assert_eq!(read("etc/apk/arch"), "mips_24kc\n");
    let mut keys: Vec<_> = fs::read_dir(root.join("etc/apk/keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    keys.sort();
    assert_eq!(keys, ["local-public-key.pem", "test-mirror.pem"]);
    let feeds = read("etc/apk/repositories.d/distfeeds.list");
    assert!(
        feeds.starts_with("https://downloads.openwrt.org/releases/25.12.1/targets/"),
        "{feeds}"
    );
    assert!(root.join("etc/uci-defaults/99-mine").exists());
    assert!(read("lib/apk/packages/rpcd.list").contains("/etc/config/rpcd\n"));
    assert_eq!(
        read("lib/apk/packages/rpcd.conffiles"),
        "/etc/config/rpcd\n"
    );
    let sum = hex::encode(Sha256::digest(read("etc/config/rpcd")));
    assert_eq!(
        read("lib/apk/packages/rpcd.conffiles_static"),
        format!("/etc/config/rpcd {sum}\n")
    );
    assert!(root.join("etc/rc.d/S19dropbear").is_symlink());
    assert!(!root.join("etc/rc.d/S19dnsmasq").is_symlink());
    // What scripts of packages did.
    assert!(read("etc/passwd").contains("\ndnsmasq:x:453:453:"));
    let wget = fs::read_link(root.join("usr/bin/wget")).unwrap();
    assert_eq!(wget, Path::new("/bin/uclient-fetch"));
    let names = Command::new("tar")
        .arg("tzf")
        .arg(root.join("lib/apk/db/scripts.tar.gz"))
        .output();
    let names = String::from_utf8(names.unwrap().stdout).unwrap();
    assert!(
        names
            .lines()
            .any(|name| name.starts_with("htop-3.4.1-r1.X1") && name.ends_with(".post-install"))
    );
}

#[test]
fn the_same_packages_make_the_same_image() {
    let build = || {
        let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
        let made = ib.make(&["image", ARCHER, "PACKAGES=htop"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let name = format!("bin/targets/ath79/generic/{PREFIX}-squashfs-sysupgrade.bin");
        fs::read(ib.path(&name)).unwrap()
    };
    assert!(build() == build());
}

#[test]
fn relations_of_packages_can_be_asked() {
    let ib = ImageBuilder::unpack("25.12.1", "ath79/generic");
    let depends = ib.make(&["package_depends", "PACKAGE=luci"]);
    let said = "luci-26.070.41233~5b2c9d0 depends on:\nluci-app-package-manager\nluci-light\n\n";
    assert_eq!(depends.stdout, said);
    let whatdepends = ib.make(&["package_whatdepends", "PACKAGE=attendedsysupgrade-common"]);
    assert!(
        whatdepends.stdout.contains("owut-"),
        "{}",
        whatdepends.stdout
    );
}
