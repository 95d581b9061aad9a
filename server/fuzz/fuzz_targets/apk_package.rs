//! apk's package files: as they come, and with a database that the index vouches for.

#![no_main]

use asu_index::adb::{PackageError, check_package};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// What stands before the first block.
const HEADER: &[u8] = b"ADB.pckg";

fuzz_target!(|bytes: &[u8]| {
    // The database's length, the database, and what follows it in the file.
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length));
    let Some((database, blocks)) = rest.split_at_checked(length) else {
        return;
    };
    let nobody = "0".repeat(64);
    for file in [rest, &[HEADER, rest].concat()] {
        // Nothing has this digest.
        assert!(check_package(file, &nobody).is_err());
    }
    let digest = hex::encode(Sha256::digest(database));
    let whole = [HEADER, &block(0, database), blocks].concat();
    let verdict = check_package(&whole[..], &digest);
    assert!(!matches!(verdict, Err(PackageError::Other)));
    // A file that it does not tell of makes it another package.
    let one = block(2, &[[1, 0, 0, 0], [1, 0, 0, 0], *b"more"].concat());
    if verdict.is_ok() {
        assert!(check_package(&[&whole[..], &one].concat()[..], &digest).is_err());
    }
});

/// A block of this kind, padded to eight bytes.
fn block(kind: u32, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 4).expect("what is made up here is small");
    let mut block = (kind << 30 | size).to_le_bytes().to_vec();
    block.extend_from_slice(payload);
    block.resize(block.len().next_multiple_of(8), 0);
    block
}
