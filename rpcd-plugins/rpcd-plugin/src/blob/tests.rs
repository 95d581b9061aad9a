use proptest::prelude::*;

use super::*;

/// `{packages: {abc: "1", ab: "12345", all: true}}` as libubox writes it, on either byte order.
pub(crate) const EXAMPLE: &[u8] = b"\x00\x00\x00\x48\
    \x82\x00\x00\x44\x00\x08packages\0\0\
    \x83\x00\x00\x0e\x00\x03abc\0\0\x001\0\0\0\
    \x83\x00\x00\x12\x00\x02ab\0\0\0\x0012345\0\0\0\
    \x87\x00\x00\x0d\x00\x03all\0\0\0\x01\0\0\0";

#[test]
fn reads_what_libubox_writes() {
    let packages = Table::from_message(EXAMPLE).table(b"packages").unwrap();
    assert_eq!(packages.string(b"abc"), Some(c"1"));
    assert_eq!(packages.string(b"ab"), Some(c"12345"));
    assert_eq!(packages.boolean(b"all"), Some(true));
    assert_eq!(packages.into_iter().count(), 3);
}

#[test]
fn takes_a_value_of_another_type_as_absent() {
    let packages = Table::from_message(EXAMPLE).table(b"packages").unwrap();
    assert_eq!(packages.boolean(b"abc"), None);
    assert_eq!(packages.string(b"all"), None);
    assert!(packages.table(b"abc").is_none());
    assert_eq!(packages.string(b"missing"), None);
}

#[test]
fn ends_where_a_length_cannot_be() {
    for cut in 0..EXAMPLE.len() {
        assert!(
            Table::from_message(&EXAMPLE[..cut])
                .into_iter()
                .next()
                .is_none(),
            "{cut}"
        );
    }
    let mut too_long = EXAMPLE.to_vec();
    too_long[7] = 0x48;
    assert!(Table::from_message(&too_long).table(b"packages").is_none());
}

#[test]
fn skips_an_attribute_without_a_name() {
    let bytes = [b"\x03\x00\x00\x06a\0\0\0".as_slice(), &EXAMPLE[4..]].concat();
    let names: Vec<_> = Table::new(&bytes)
        .into_iter()
        .map(|field| field.name)
        .collect();
    assert_eq!(names, [b"packages"]);
}

fn walk(table: Table<'_>, depth: u8) {
    for field in table {
        let _ = (field.string(), field.boolean());
        if let Some(inner) = field.table().filter(|_| depth > 0) {
            walk(inner, depth - 1);
        }
    }
}

proptest! {
    #[test]
    fn never_panics_on_any_bytes(bytes: Vec<u8>) {
        walk(Table::from_message(&bytes), 8);
        walk(Table::new(&bytes), 8);
    }

    #[test]
    fn never_panics_on_a_damaged_message(at in 0..EXAMPLE.len(), value: u8, cut in 0..EXAMPLE.len()) {
        let mut bytes = EXAMPLE.to_vec();
        bytes[at] = value;
        walk(Table::from_message(&bytes), 8);
        bytes.truncate(cut);
        walk(Table::new(&bytes), 8);
    }
}
