//! The ImageBuilders, driven as a build server drives them.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use asu_protocol::profiles::TargetProfiles;
use asu_test_upstream::format::fwtool::{self, Kind};
use asu_test_upstream::format::stanza;
use sha2::{Digest as _, Sha256};
use support::ImageBuilder;

const ARCHER: &str = "PROFILE=tplink_archer-c7-v5";

/// The path of an image below `bin`, by the end of its name.
fn image(dir: &Path, end: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = entries.filter(|path| path.to_string_lossy().ends_with(end));
    found
        .next()
        .unwrap_or_else(|| panic!("no image {end} in {}", dir.display()))
}

/// Unpacks the root filesystem of a sysupgrade image below `dir`.
fn unpack_root(sysupgrade: &Path, dir: &Path) -> std::path::PathBuf {
    let bytes = fs::read(sysupgrade).unwrap();
    let at = bytes
        .chunks(0x1_0000)
        .position(|block| block.starts_with(b"hsqs"))
        .unwrap()
        * 0x1_0000;
    let squashfs = dir.join("root.squashfs");
    fs::write(&squashfs, &bytes[at..]).unwrap();
    let root = dir.join("squashfs-root");
    let output = Command::new("unsquashfs")
        .arg("-d")
        .arg(&root)
        .arg(&squashfs)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    root
}

#[test]
fn info_describes_target_and_profiles() {
    let ib = ImageBuilder::unpack("24.10.2", "x86/64");
    let made = ib.make(&["info"]);
    assert_eq!((made.code, &*made.stderr), (0, ""));
    assert_eq!(
        made.stdout,
        "Current Target: \"x86/64\"\n\
         Current Architecture: \"x86_64\"\n\
         Current Revision: \"r28739-d9340319c6\"\n\
         Default Packages: base-files ca-bundle dnsmasq dropbear e2fsprogs firewall4 fstools \
         grub2-bios-setup kmod-button-hotplug kmod-nft-offload libc libgcc libustream-mbedtls logd \
         mkf2fs mtd netifd nftables odhcp6c odhcpd-ipv6only opkg partx-utils ppp ppp-mod-pppoe \
         procd-ujail uci uclient-fetch urandom-seed urngd\n\
         Available Profiles:\n\
         \n\
         generic:\n    Generic x86/64\n    Packages: kmod-amazon-ena kmod-amd-xgbe kmod-bnx2 \
         kmod-dwmac-intel kmod-e1000e kmod-e1000 kmod-forcedeth kmod-fs-vfat kmod-igb kmod-igc \
         kmod-ixgbe kmod-r8169 kmod-tg3\n    hasImageMetadata: 1\n"
    );
}

#[test]
fn info_names_supported_devices_and_values_can_be_asked() {
    let ib = ImageBuilder::unpack("23.05.5", "ath79/generic");
    let made = ib.make(&["info"]);
    assert!(
        made.stdout
            .starts_with("Current Target: \"ath79/generic\"\nCurrent Architecture: \"mips\"\n")
    );
    assert!(made.stdout.contains(
        "\ntplink_archer-c7-v5:\n    TP-Link Archer C7 v5\n    Packages: kmod-usb2 \
         kmod-usb-ledtrig-usbport kmod-ath10k-ct ath10k-firmware-qca988x-ct\n    hasImageMetadata: 1\n    \
         SupportedDevices: tplink,archer-c7-v5 archer-c7-v5\n"
    ));
    assert_eq!(ib.make(&["val.VERSION_NUMBER"]).stdout, "23.05.5\n");
    let undefined = ib.make(&["val.NOSUCH"]);
    assert_eq!(
        (&*undefined.stdout, &*undefined.stderr),
        ("", "NOSUCH undefined\n")
    );
    assert!(ib.make(&["help"]).stdout.contains("PROFILE="));
    // A repository that was unpacked as a build server expects it.
    let conf = fs::read_to_string(ib.path("repositories.conf")).unwrap();
    assert!(conf.ends_with("src imagebuilder file:packages\noption check_signature\n"));
    assert!(!ib.path("repositories").exists());
}

#[test]
fn an_unknown_profile_is_refused() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    let made = ib.make(&["image", "PROFILE=nosuch"]);
    assert_eq!(made.code, 2);
    assert_eq!(
        made.stdout,
        "Profile \"nosuch\" does not exist!\nUse \"make info\" to get a list of available profile names.\n"
    );
    let line = made.stderr.lines().last().unwrap();
    assert!(
        line.starts_with("make: *** [Makefile:") && line.ends_with(": image] Error 1"),
        "{line}"
    );
}

#[test]
fn manifest_lists_packages_and_strips_abi_suffixes() {
    let ib = ImageBuilder::unpack("23.05.5", "ath79/generic");
    let packages =
        "PACKAGES=luci auc firewall -firewall4 libustream-wolfssl -libustream-mbedtls htop";
    let made = ib.make(&["manifest", ARCHER, packages]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let lines: Vec<&str> = made.stdout.lines().collect();
    assert!(lines.is_sorted());
    for wanted in [
        "htop - 3.2.2-1",
        "luci - git-24.264.56413-c7a3562",
        "kmod-usb2 - 5.15.167-1",
        "libubox20230523 - 2023-05-23-75a3b870-1",
        "base-files - 1561-r24106-10cc5fcd00",
        "libustream-wolfssl20201210 - 2023-02-25-498f6e26-1",
        "firewall - 2022-02-17-4cd7d4f3-3",
    ] {
        assert!(lines.contains(&wanted), "{wanted} in {lines:#?}");
    }
    assert!(
        !lines
            .iter()
            .any(|line| line.starts_with("firewall4 ") || line.starts_with("libustream-mbedtls"))
    );
    let stripped = ib.make(&["manifest", ARCHER, packages, "STRIP_ABI=1"]);
    assert!(
        stripped
            .stdout
            .contains("\nlibubox - 2023-05-23-75a3b870-1\n"),
        "{}",
        stripped.stdout
    );
}

#[test]
fn an_unknown_package_stops_the_build() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    let made = ib.make(&["image", ARCHER, "PACKAGES=nosuchpkg htop"]);
    assert_eq!(made.code, 2);
    assert!(
        made.stdout.contains("Unknown package 'nosuchpkg'.\n"),
        "{}",
        made.stdout
    );
    // What is known is installed all the same.
    assert!(made.stdout.contains("\nConfiguring htop.\n"));
    assert!(
        made.stderr.contains(
            "Collected errors:\n * opkg_install_cmd: Cannot install package nosuchpkg.\n"
        )
    );
    assert!(
        made.stderr.contains(": package_install] Error 255\n"),
        "{}",
        made.stderr
    );
}

#[test]
fn an_index_with_a_wrong_signature_is_left_out() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    for key in fs::read_dir(ib.path("keys")).unwrap() {
        fs::remove_file(key.unwrap().path()).unwrap();
    }
    let made = ib.make(&["image", ARCHER]);
    assert_eq!(made.code, 2);
    assert!(
        made.stderr
            .contains("\nSignature check failed.\nRemove wrong Signature file.\n")
    );
    // libc needs libgcc, which only a feed has.
    assert!(
        made.stdout.contains("Unknown package 'libc'.\n"),
        "{}",
        made.stdout
    );
}

#[test]
fn an_image_has_its_packages_files_and_services() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    fs::create_dir_all(ib.path("overlay/etc/uci-defaults")).unwrap();
    fs::write(ib.path("overlay/etc/uci-defaults/99-mine"), "exit 0\n").unwrap();
    let bin = tempfile::tempdir().unwrap();
    let made = ib.make(&[
        "image",
        ARCHER,
        "PACKAGES=luci owut htop -ppp-mod-pppoe",
        "FILES=overlay",
        "DISABLED_SERVICES=dnsmasq uhttpd",
        "EXTRA_IMAGE_NAME=My Build_1",
        "ADD_LOCAL_KEY=1",
        &format!("BIN_DIR={}", bin.path().display()),
    ]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let start = "Building images for ath79 - TP-Link Archer C7 v5\nPackages: luci owut htop ath10k-firmware-qca988x-ct ";
    assert!(made.stdout.starts_with(start), "{}", made.stdout);
    let prefix = "openwrt-24.10.2-my-build-1-ath79-generic-tplink_archer-c7-v5";
    let sysupgrade = bin.path().join(format!("{prefix}-squashfs-sysupgrade.bin"));
    let root = unpack_root(&sysupgrade, bin.path());
    assert!(root.join("etc/uci-defaults/99-mine").exists());
    assert!(root.join("etc/rc.d/S19dropbear").is_symlink());
    assert!(!root.join("etc/rc.d/S19dnsmasq").is_symlink());
    assert!(!root.join("etc/rc.d/S50uhttpd").is_symlink());
    assert_eq!(fs::read_dir(root.join("etc/opkg/keys")).unwrap().count(), 2);
    check_root(&root);
    check_metadata(&sysupgrade);
    check_documents(bin.path(), prefix);
}

fn check_root(root: &Path) {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let status = stanza::parse(&read("usr/lib/opkg/status"));
    let find = |name: &str| status.iter().find(|stanza| stanza.get("Package") == name);
    assert_eq!(
        find("htop").unwrap().get("Status"),
        "install user installed"
    );
    let library = find("libubox20240329").unwrap();
    assert_eq!(library.get("ABIVersion"), "20240329");
    assert_eq!(library.get("Auto-Installed"), "yes");
    assert_eq!(library.get("Installed-Time"), "1750711236");
    assert!(
        find("rpcd")
            .unwrap()
            .get("Conffiles")
            .starts_with("\n /etc/config/rpcd ")
    );
    assert!(find("ppp-mod-pppoe").is_none());
    assert!(read("etc/openwrt_release").contains("DISTRIB_REVISION='r28739-d9340319c6'\n"));
    assert!(read("etc/openwrt_release").contains("DISTRIB_TARGET='ath79/generic'\n"));
    assert!(read("etc/passwd").contains("\ndnsmasq:x:453:453:"));
    assert!(read("etc/shadow").starts_with("root:::0:"));
    assert!(read("usr/lib/opkg/info/rpcd.list").contains("/etc/config/rpcd\n"));
    assert!(root.join("usr/lib/opkg/info/rpcd.control").exists());
    assert!(
        root.join("usr/share/rpcd/acl.d/unauthenticated.json")
            .exists()
    );
    assert_eq!(
        fs::read_link(root.join("usr/bin/wget")).unwrap(),
        Path::new("/bin/uclient-fetch")
    );
    assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 0);
}

fn check_metadata(sysupgrade: &Path) {
    let image = fs::read(sysupgrade).unwrap();
    let found = fwtool::last(&image).unwrap();
    assert_eq!(found.kind, Kind::Metadata);
    assert_eq!(found.rest.len() % 0x1_0000, 0);
    let metadata: serde_json::Value = serde_json::from_slice(found.data).unwrap();
    assert_eq!(
        metadata["supported_devices"],
        serde_json::json!(["tplink,archer-c7-v5", "archer-c7-v5"])
    );
    assert_eq!(metadata["version"]["board"], "tplink_archer-c7-v5");
    assert_eq!(metadata["version"]["revision"], "r28739-d9340319c6");
}

fn check_documents(bin: &Path, prefix: &str) {
    let text = fs::read_to_string(bin.join("profiles.json")).unwrap();
    let profiles: TargetProfiles = serde_json::from_str(&text).unwrap();
    assert_eq!(profiles.profiles.len(), 1);
    let profile = &profiles.profiles["tplink_archer-c7-v5"];
    assert_eq!(profile.image_prefix, prefix);
    assert_eq!(profile.images.len(), 2);
    let sums = fs::read_to_string(bin.join("sha256sums")).unwrap();
    for image in &profile.images {
        let sum = hex::encode(Sha256::digest(fs::read(bin.join(&image.name)).unwrap()));
        assert_eq!(image.sha256, sum);
        assert!(sums.contains(&format!("{sum} *{}\n", image.name)));
    }
    let manifest = fs::read_to_string(bin.join(format!("{prefix}.manifest"))).unwrap();
    assert!(manifest.contains("\nhtop - 3.3.0-r1\n"));
}

#[test]
fn the_same_packages_make_the_same_image() {
    let build = || {
        let ib = ImageBuilder::unpack("23.05.5", "ath79/generic");
        let made = ib.make(&["image", ARCHER, "PACKAGES=luci auc"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        fs::read(image(
            &ib.path("bin/targets/ath79/generic"),
            "sysupgrade.bin",
        ))
        .unwrap()
    };
    assert!(build() == build());
}

#[test]
fn an_image_that_does_not_fit_is_missing() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    let made = ib.make(&["image", "PROFILE=tplink_tl-wr740n-v4"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let warning = made
        .stderr
        .lines()
        .find(|line| line.starts_with("WARNING: Image file "))
        .unwrap();
    assert!(
        warning.contains("tplink_tl-wr740n-v4-squashfs-") && warning.ends_with(" > 3997696"),
        "{warning}"
    );
    assert!(
        made.stderr
            .contains("could not find any JSON files for target")
    );
    let bin = ib.path("bin/targets/ath79/generic");
    assert!(!bin.join("profiles.json").exists());
    // The manifest and the sums are there all the same.
    assert_eq!(fs::read_dir(&bin).unwrap().count(), 2);
    assert_eq!(ib.make(&["clean"]).code, 0);
    assert!(!bin.exists() && !ib.path("dl").exists());
}

#[test]
fn disk_images_have_partitions() {
    let ib = ImageBuilder::unpack("24.10.2", "x86/64");
    let made = ib.make(&["image", "PROFILE=generic", "ROOTFS_PARTSIZE=32"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let bin = ib.path("bin/targets/x86/64");
    for (end, kind) in [("combined.img.gz", 0x83), ("combined-efi.img.gz", 0xef)] {
        let file = fs::File::open(image(&bin, end)).unwrap();
        let mut disk = Vec::new();
        flate2::read::GzDecoder::new(file)
            .read_to_end(&mut disk)
            .unwrap();
        assert_eq!(disk[..2], [0xeb, 0x63]);
        assert_eq!(disk[510..512], [0x55, 0xaa]);
        assert_eq!(disk[446 + 4], kind);
        let start = u32::from_le_bytes(disk[470..474].try_into().unwrap()) as usize * 512;
        assert_eq!(&disk[start..start + 4], b"hsqs");
        assert_eq!(disk.len() - start, 32 << 20);
    }
    image(&bin, "generic-squashfs-rootfs.img.gz");
}

#[test]
fn relations_of_packages_can_be_asked() {
    let ib = ImageBuilder::unpack("24.10.2", "ath79/generic");
    let depends = ib.make(&["package_depends", "PACKAGE=luci"]);
    assert_eq!(
        depends.stdout,
        "luci depends on:\n\tluci-light\n\tluci-app-package-manager\n"
    );
    let whatdepends = ib.make(&["package_whatdepends", "PACKAGE=attendedsysupgrade-common"]);
    assert!(
        whatdepends
            .stdout
            .contains("\towut 2025.02.14~e01af4cf-r1\tdepends on attendedsysupgrade-common\n")
    );
    assert_eq!(ib.make(&["package_depends"]).code, 2);
}
