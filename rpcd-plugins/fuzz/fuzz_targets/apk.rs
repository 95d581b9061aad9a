//! apk's database.

#![no_main]

use asu_rpcd_fuzz::Files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|database: &[u8]| {
    let world = Some(b"busykit\nlibtoolbox\n".as_slice());
    Files {
        apk: Some(database),
        world,
        opkg: None,
    }
    .check();
});
