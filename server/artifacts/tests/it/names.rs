//! Names from outside.

use std::path::Path;

use asu_artifacts::{FileName, FolderName};
use proptest::prelude::*;

#[test]
fn a_folder_is_named_by_request_and_lease() {
    let hash = "ab".repeat(32);
    let folder = FolderName::of(&hash, 1_795_000_000_000).unwrap();
    assert_eq!(folder.as_str(), format!("{hash}-1795000000000"));
    assert_eq!(
        (folder.request_hash(), folder.lease()),
        (hash.as_str(), Some(1_795_000_000_000))
    );
    let older = FolderName::new(&hash).unwrap();
    assert_eq!((older.request_hash(), older.lease()), (hash.as_str(), None));
    for bad in [
        "-",
        "-x",
        "-1-2",
        "--1",
        "-01",
        "-+1",
        "-1/",
        "-99999999999999999999",
    ] {
        assert!(FolderName::new(&format!("{hash}{bad}")).is_err(), "{bad:?}");
    }
}

#[test]
fn names_that_could_leave_the_folder_are_refused() {
    let upper = "A".repeat(64);
    for bad in ["", "..", "1", "/etc", upper.as_str(), "g", "../store"] {
        assert!(FolderName::new(bad).is_err(), "{bad:?}");
    }
    let long = "a".repeat(256);
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "a\\b",
        "a\0",
        "a\"b",
        "a\r\nb",
        "ä",
        ".a",
        "a b",
        "a%2fb",
        long.as_str(),
    ] {
        assert!(FileName::new(bad).is_err(), "{bad:?}");
    }
    let real = "openwrt-24.10.2-ath79-generic-tplink_archer-c7-v5-squashfs-sysupgrade.bin";
    assert!(FileName::new(real).is_ok());
}

proptest! {
    #[test]
    fn whatever_name_is_accepted_stays_one_level_below(name in "[.a/~\\\\ -]{0,6}") {
        if let Ok(accepted) = FileName::new(&name) {
            let path = Path::new("/store").join(accepted.as_str());
            prop_assert_eq!(path.parent(), Some(Path::new("/store")));
            prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(name.as_str()));
        }
    }
}
