//! opkg's index, and the archive it comes in.

#![no_main]

use asu_index::opkg::{Stanzas, read, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(reading) = read(bytes) {
        // Everything a package says stands in the file, in one stanza of its own.
        let text = String::from_utf8_lossy(bytes);
        assert!(reading.packages.len() <= Stanzas::of(&text).count());
        assert!(
            reading
                .packages
                .iter()
                .all(|package| text.contains(&package.name))
        );
    }
    let unpacked = unpack(bytes, 1 << 16);
    assert!(unpacked.is_err() || unpacked.is_ok_and(|unpacked| unpacked.len() <= 1 << 16));
});
