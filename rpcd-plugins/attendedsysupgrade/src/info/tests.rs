use std::fs;
use std::path::Path;

use asu_rpcd_plugin::Table;
use asu_rpcd_plugin::host::{with_root, written};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const RELEASE: &str = "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.5'\n\
    DISTRIB_REVISION='r24106-10cc5fcd00'\nDISTRIB_TARGET='ath79/generic'\n\
    DISTRIB_ARCH='mips_24kc'\nDISTRIB_DESCRIPTION='OpenWrt 23.05.5'\nDISTRIB_TAINTS=''\n";

/// The message for a router with these files.
fn info(files: &[(&str, &[u8])]) -> Vec<u8> {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("tmp")).unwrap();
    for (name, content) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    with_root(root.path(), || written(write))
}

/// A text of the reply for a router with one file.
fn text_of(file: &str, content: &[u8], field: &str) -> Option<String> {
    let message = info(&[(file, content)]);
    let text = Table::from_message(&message).string(field.as_bytes());
    text.map(|text| text.to_str().unwrap().to_owned())
}

#[test]
fn tells_what_the_router_is() {
    let message = info(&[
        ("etc/openwrt_release", RELEASE.as_bytes()),
        ("tmp/sysinfo/board_name", b"tplink,archer-c7-v5\n"),
        ("tmp/sysinfo/model", b"TP-Link Archer C7 v5\n"),
        ("proc/mounts", b"/dev/root /rom squashfs ro 0 0\n"),
        ("usr/lib/opkg/status", b""),
        (
            "proc/meminfo",
            b"MemTotal:   1 kB\nMemFree: 7 kB\nMemAvailable: 2 kB\n",
        ),
        (
            "etc/config/system",
            b"config system\n\toption compat_version '1.1'\n",
        ),
    ]);
    let fields = Table::from_message(&message);
    let text = |name: &str| fields.string(name.as_bytes()).unwrap().to_str().unwrap();
    for (name, value) in [
        ("distribution", "OpenWrt"),
        ("version", "23.05.5"),
        ("revision", "r24106-10cc5fcd00"),
        ("target", "ath79/generic"),
        ("arch", "mips_24kc"),
        ("board_name", "tplink,archer-c7-v5"),
        ("model", "TP-Link Archer C7 v5"),
        ("rootfs_type", "squashfs"),
        ("package_manager", "opkg"),
        ("compat_version", "1.1"),
    ] {
        assert_eq!(text(name), value);
    }
    let number = |name: &str| fields.get(name.as_bytes()).unwrap().data;
    assert_eq!(fields.boolean(b"efi"), Some(false));
    assert_eq!(number("memory_total"), 1024_u64.to_be_bytes());
    assert_eq!(number("memory_available"), 2048_u64.to_be_bytes());
    assert!(fields.get(b"tmp_free").is_some());
    assert!(fields.get(b"overlay_free").is_none());
}

#[test]
fn leaves_out_what_it_cannot_tell() {
    let release = b"DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE=''\n";
    let message = info(&[("etc/openwrt_release", release)]);
    let fields = Table::from_message(&message).into_iter();
    let names: Vec<_> = fields
        .map(|field| str::from_utf8(field.name).unwrap())
        .collect();
    assert_eq!(names, ["distribution", "compat_version", "efi", "tmp_free"]);
}

#[test]
fn apk_counts_before_opkg() {
    let message = info(&[
        ("lib/apk/db/installed", b""),
        ("usr/lib/opkg/status", b""),
        ("sys/firmware/efi", b""),
    ]);
    let fields = Table::from_message(&message);
    assert_eq!(fields.string(b"package_manager"), Some(c"apk"));
    assert_eq!(fields.boolean(b"efi"), Some(true));
}

#[test]
fn the_partition_of_the_root_has_its_size() {
    let root = TempDir::new().unwrap();
    for folder in ["rom", "proc"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    let (major, minor) = with_root(root.path(), || device(c"/rom")).unwrap();
    let size = |blocks: &str| {
        let other = minor + 1;
        let table = format!(
            "major minor  #blocks  name\n\n {major:4} {other:8} 5 other\n {major:4} {minor:8} {blocks} root\n"
        );
        fs::write(root.path().join("proc/partitions"), table).unwrap();
        let message = with_root(root.path(), || written(write));
        let field = Table::from_message(&message).get(b"rootfs_size");
        field.map(|field| field.data.to_vec())
    };
    assert_eq!(size("106496"), Some(109_051_904_u64.to_be_bytes().to_vec()));
    assert_eq!(size("none"), None);
    assert_eq!(size("99999999999999999999"), None);
}

#[test]
fn the_read_only_part_is_the_root() {
    let kind = |mounts: &[u8]| text_of("proc/mounts", mounts, "rootfs_type");
    let squashfs = b"rootfs / rootfs rw 0 0\n/dev/root /rom squashfs ro,relatime 0 0\n\
        proc /proc proc rw 0 0\noverlayfs:/overlay / overlay rw,noatime 0 0\n";
    assert_eq!(kind(squashfs).as_deref(), Some("squashfs"));
    let ext4 = b"rootfs / rootfs rw 0 0\n/dev/root / ext4 rw,noatime 0 0\n";
    assert_eq!(kind(ext4).as_deref(), Some("ext4"));
    assert_eq!(kind(b"tmpfs / tmpfs rw 0 0\n").as_deref(), Some("tmpfs"));
    assert_eq!(kind(b"overlayfs:/overlay / overlay rw 0 0\n"), None);
}

#[test]
fn compat_version_is_that_of_the_system() {
    let version = |text: &str| text_of("etc/config/system", text.as_bytes(), "compat_version");
    let system = "config system\n\toption hostname 'x'\n\toption compat_version '1.1'\n";
    let other = "config timeserver 'ntp'\n\toption compat_version '9.9'\n";
    for (text, expected) in [
        (system, "1.1"),
        (
            "config 'system' 'system'\noption \"compat_version\" 2.0",
            "2.0",
        ),
        (other, "1.0"),
        (&format!("{other}\n{system}"), "1.1"),
        (&format!("config system\n{other}"), "1.0"),
        ("", "1.0"),
    ] {
        assert_eq!(version(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    assert_eq!(
        text_of("tmp/sysinfo/model", b"a\xffb\n", "model").as_deref(),
        Some("a?b")
    );
    let long = text_of("tmp/sysinfo/model", &[b'x'; 9000], "model").unwrap();
    assert_eq!(long.len(), 1024);
    assert!(!Path::new("/no/such/file").exists());
}

proptest! {
    #[test]
    fn never_panics_on_any_bytes(content: Vec<u8>) {
        let files = ["etc/openwrt_release", "proc/meminfo", "proc/mounts", "etc/config/system"];
        info(&files.map(|file| (file, &content[..])));
    }

    #[test]
    fn never_panics_on_any_words(content in "((config|option|/|'|\"|system|compat_version|MemTotal:|DISTRIB_ID=|9999999999| |\t|\n)){0,60}") {
        let files = ["etc/openwrt_release", "proc/meminfo", "proc/mounts", "etc/config/system"];
        info(&files.map(|file| (file, content.as_bytes())));
    }
}
