//! Tiny images in OpenWrt's formats.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// The board that the images are for.
pub const BOARD: &str = "tplink,archer-c7-v5";

/// What an image is of.
pub struct Spec<'a> {
    pub version: &'a str,
    pub revision: &'a str,
    pub target: &'a str,
    /// Package to version.
    pub packages: &'a [(&'a str, &'a str)],
}

pub const OLD: Spec<'_> = Spec {
    version: "23.05.5",
    revision: "r24106-10cc5fcd00",
    target: "ath79/generic",
    packages: &[
        ("base-files", "1561-r24106"),
        ("luci", "git-23.051"),
        ("auc", "0.3.2-1"),
    ],
};

pub const NEW: Spec<'_> = Spec {
    version: "24.10.2",
    revision: "r28739-d9340319c6",
    target: "ath79/generic",
    packages: &[
        ("base-files", "1675~d9340319c6"),
        ("luci", "25.1"),
        ("owut", "2025.01-r1"),
    ],
};

/// A sysupgrade image for a flash: kernel, root filesystem at a 64 KiB block, metadata.
pub fn sysupgrade(spec: &Spec<'_>, devices: &[&str]) -> Vec<u8> {
    let mut image = vec![b'K'; 70_000];
    image.resize(image.len().next_multiple_of(0x1_0000), 0);
    image.extend(squashfs(spec));
    image.resize(image.len().next_multiple_of(0x1_0000), 0);
    let metadata = json!({
        "metadata_version": "1.1",
        "compat_version": "1.0",
        "supported_devices": devices,
        "version": {"dist": "OpenWrt", "version": spec.version, "revision": spec.revision},
    });
    append_metadata(&mut image, metadata.to_string().as_bytes());
    image
}

/// A compressed disk image: partition 2 is the root filesystem.
pub fn disk(spec: &Spec<'_>) -> Vec<u8> {
    let root = squashfs(spec);
    let (first, sectors) = (128_u32, u32::try_from(root.len().div_ceil(512)).unwrap());
    let mut disk = vec![0; 128 * 512];
    disk[446 + 16 + 8..][..4].copy_from_slice(&first.to_le_bytes());
    disk[446 + 16 + 12..][..4].copy_from_slice(&sectors.to_le_bytes());
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk.extend(root);
    disk.resize(disk.len().next_multiple_of(512), 0);
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(&disk).unwrap();
    compressed.finish().unwrap()
}

/// fwtool's trailer: two words, the JSON, then 16 bytes of which the last four are the size.
fn append_metadata(image: &mut Vec<u8>, metadata: &[u8]) {
    image.extend([0; 8]);
    image.extend(metadata);
    let checksum = !crc32fast::hash(image);
    image.extend(b"FWx0");
    image.extend(checksum.to_be_bytes());
    image.extend([1, 0, 0, 0]);
    image.extend(u32::try_from(metadata.len() + 24).unwrap().to_be_bytes());
}

fn squashfs(spec: &Spec<'_>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (root, file) = (
        folder.path().join("root"),
        folder.path().join("root.squashfs"),
    );
    fill(&root, spec);
    let made = Command::new("mksquashfs")
        .args([&root, &file])
        .args(["-comp", "xz", "-all-root", "-no-progress", "-quiet"])
        .status()
        .unwrap();
    assert!(made.success());
    fs::read(file).unwrap()
}

fn fill(root: &Path, spec: &Spec<'_>) {
    let write = |path: &str, text: &str, mode: u32| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let Spec {
        version,
        revision,
        target,
        packages,
    } = spec;
    let release = format!(
        "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='{version}'\nDISTRIB_REVISION='{revision}'\n\
         DISTRIB_TARGET='{target}'\nDISTRIB_ARCH='mips_24kc'\n"
    );
    let stanza = |(name, version): &(&str, &str)| {
        format!("Package: {name}\nVersion: {version}\nStatus: install user installed\n\n")
    };
    write("etc/openwrt_release", &release, 0o644);
    write(
        "usr/lib/opkg/status",
        &packages.iter().map(stanza).collect::<String>(),
        0o644,
    );
    write(
        "etc/config/system",
        "config system\n\toption hostname 'OpenWrt'\n",
        0o644,
    );
    write("etc/config/rpcd", LOGIN, 0o600);
    write("etc/passwd", "root:x:0:0:root:/root:/bin/ash\n", 0o644);
    write("etc/shadow", "root:::0:99999:7:::\n", 0o600);
    write("etc/uci-defaults/99-asu-defaults", "uci set x\n", 0o755);
    write("lib/upgrade/keep.d/test", "/etc/kept.conf\n", 0o644);
    write("www/index.html", "<h1>router</h1>", 0o644);
    write(
        "usr/share/rpcd/acl.d/unauthenticated.json",
        OPEN_RIGHTS,
        0o644,
    );
    write(
        "usr/share/rpcd/acl.d/attendedsysupgrade.json",
        RIGHTS,
        0o644,
    );
    for program in [
        "bin/busybox",
        "bin/sh",
        "sbin/sysupgrade",
        "usr/libexec/validate_firmware_image",
    ] {
        write(program, "for another processor", 0o755);
    }
}

const LOGIN: &str = "config login\n\toption username 'root'\n\toption password '$p$root'\n\
    \tlist read '*'\n\tlist write '*'\n";
const OPEN_RIGHTS: &str =
    r#"{"unauthenticated": {"read": {"ubus": {"session": ["access", "login"]}}}}"#;
const RIGHTS: &str = r#"{"attendedsysupgrade": {
    "read": {
        "ubus": {
            "packagelist": ["list"],
            "attendedsysupgrade": ["info", "verify", "test"],
            "system": ["board", "reboot", "validate_firmware_image"],
            "uci": ["get", "set", "commit"]
        },
        "uci": ["attendedsysupgrade"]
    },
    "write": {
        "ubus": {"attendedsysupgrade": ["start", "clean"]},
        "cgi-io": {"upload": ["write"], "backup": ["read"]},
        "file": {"/tmp/firmware.bin": ["write"]},
        "uci": ["attendedsysupgrade"]
    }
}}"#;
