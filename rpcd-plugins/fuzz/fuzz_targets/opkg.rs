//! opkg's database.

#![no_main]

use asu_rpcd_fuzz::Files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|database: &[u8]| {
    Files {
        opkg: Some(database),
        ..Files::default()
    }
    .check();
});
