//! What images end in: trailers of fwtool, signatures and certificates in them.

#![no_main]

use std::sync::LazyLock;

use asu_signing::{PublicKey, appended, last};
use libfuzzer_sys::fuzz_target;

/// When certificates are looked at, seconds since 1970.
const NOW: i64 = 1_750_000_000;

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let text = include_str!("../../../tests/fixtures/fwtool/build.pub");
    text.parse().expect("a key made by the genuine tool")
});

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // Made up bytes have the right checksum once in four thousand million times.
    if let Some((body, trailer)) = bytes.split_last_chunk::<16>() {
        let sum = (!crc32fast::hash(body)).to_be_bytes();
        check(&[body, b"FWx0", &sum, &trailer[8..]].concat());
    }
});

fn check(image: &[u8]) {
    if let Ok(Some(found)) = last(image) {
        // What is found lies in the image: the rest first, then the data, then sixteen bytes.
        assert!(image.starts_with(found.rest));
        assert!(image[..image.len() - 16].ends_with(found.data));
        assert!(found.rest.len() + found.data.len() + 16 <= image.len());
    }
    if let Ok(signed) = appended(&KEY, image, NOW) {
        assert!(signed.signed_bytes < image.len());
    }
}
