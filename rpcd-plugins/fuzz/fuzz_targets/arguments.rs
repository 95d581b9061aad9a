//! The arguments of a call, which nobody has checked.

#![no_main]

use asu_rpcd_fuzz::walk;
use asu_rpcd_plugin::Table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let table = Table::from_message(message);
    // A field has a header of at least 8 bytes, and is counted once for each table around it.
    assert!(walk(table, 0) <= message.len());
});
