//! `index.json`, both versions.

#![no_main]

use asu_index::index_json::IndexJson;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(index) = IndexJson::read(bytes) {
        assert_eq!(index.is_stripped(), index.version >= 2);
    }
});
