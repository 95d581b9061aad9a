//! What apk was asked to install.

#![no_main]

use asu_rpcd_fuzz::Files;
use libfuzzer_sys::fuzz_target;

const DATABASE: &[u8] = b"P:busykit\nV:1.36.1-r2\n\nP:libtoolbox20240329\nV:2024-r1\ng:openwrt:abiversion=20240329\n\nP:a\nV:1\n\n";

fuzz_target!(|world: &[u8]| {
    Files {
        apk: Some(DATABASE),
        world: Some(world),
        opkg: None,
    }
    .check();
});
