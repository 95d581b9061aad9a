use std::ffi::CString;
use std::fs;

use tempfile::TempDir;

use super::*;

const RELEASE: &str = "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.5'\n\
    DISTRIB_REVISION='r24106-10cc5fcd00'\nDISTRIB_TARGET='ath79/generic'\n\
    DISTRIB_ARCH='mips_24kc'\nDISTRIB_DESCRIPTION='OpenWrt 23.05.5'\nDISTRIB_TAINTS=''\n";

/// The reply for a router with these files.
fn info(files: &[(&str, &str)]) -> Message {
    let root = TempDir::new().unwrap();
    for (name, content) in files {
        fs::write(root.path().join(name), content).unwrap();
    }
    let path = |name: &str| CString::new(root.path().join(name).to_str().unwrap()).unwrap();
    let mut reply = Message::new();
    let from = Sources {
        release: &path("release"),
        board_name: &path("board_name"),
        model: &path("model"),
        mounts: &path("mounts"),
        efi: &path("efi"),
        apk: &path("apk"),
        opkg: &path("opkg"),
        memory: &path("memory"),
        tmp: &path("."),
        overlay: &path("overlay"),
        system: &path("system"),
    };
    write(&from, &mut reply);
    reply
}

#[test]
fn tells_what_the_router_is() {
    let reply = info(&[
        ("release", RELEASE),
        ("board_name", "tplink,archer-c7-v5\n"),
        ("model", "TP-Link Archer C7 v5\n"),
        ("mounts", "/dev/root /rom squashfs ro 0 0\n"),
        ("opkg", ""),
        (
            "memory",
            "MemTotal: 1 kB\nMemFree: 7 kB\nMemAvailable: 2 kB\n",
        ),
        ("system", "config system\n option compat_version '1.1'\n"),
    ]);
    let fields = reply.fields();
    let text = |name| fields.string(name);
    assert_eq!(text("distribution"), Some("OpenWrt"));
    assert_eq!(text("version"), Some("23.05.5"));
    assert_eq!(text("revision"), Some("r24106-10cc5fcd00"));
    assert_eq!(text("target"), Some("ath79/generic"));
    assert_eq!(text("arch"), Some("mips_24kc"));
    assert_eq!(text("board_name"), Some("tplink,archer-c7-v5"));
    assert_eq!(text("model"), Some("TP-Link Archer C7 v5"));
    assert_eq!(text("rootfs_type"), Some("squashfs"));
    assert_eq!(fields.boolean("efi"), Some(false));
    assert_eq!(text("package_manager"), Some("opkg"));
    assert_eq!(text("compat_version"), Some("1.1"));
    assert_eq!(
        fields.get("memory_total").unwrap().data,
        1024_u64.to_be_bytes()
    );
    assert_eq!(
        fields.get("memory_available").unwrap().data,
        2048_u64.to_be_bytes()
    );
    assert!(fields.get("tmp_free").is_some());
    assert!(fields.get("overlay_free").is_none());
}

#[test]
fn leaves_out_what_it_cannot_tell() {
    let reply = info(&[("release", "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE=''\n")]);
    let names: Vec<_> = reply.fields().into_iter().map(|field| field.name).collect();
    assert_eq!(
        names,
        [c"distribution", c"efi", c"tmp_free", c"compat_version"]
    );
}

#[test]
fn apk_counts_before_opkg() {
    let reply = info(&[("apk", ""), ("opkg", ""), ("efi", "")]);
    assert_eq!(reply.fields().string("package_manager"), Some("apk"));
    assert_eq!(reply.fields().boolean("efi"), Some(true));
}
