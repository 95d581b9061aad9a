use proptest::prelude::*;

use super::*;
use crate::blob::tests::EXAMPLE;

#[test]
fn writes_what_libubox_writes() {
    let mut message = Message::new();
    let table = message.open_table("packages");
    message.string("abc", "1");
    message.string("ab", "12345");
    message.boolean("all", true);
    message.close_table(table);
    assert_eq!(message.finish(), Ok(EXAMPLE));
}

#[test]
fn writes_numbers_as_signed_64_bit() {
    let mut message = Message::new();
    message.number("free", 0x0102_0304_0506_0708);
    message.number("too_large", u64::MAX);
    let expected = b"\0\0\0\x18\x84\0\0\x14\0\x04free\0\0\x01\x02\x03\x04\x05\x06\x07\x08";
    assert_eq!(message.finish(), Ok(expected.as_slice()));
}

#[test]
fn removes_a_field_wherever_it_is() {
    for gone in ["first", "middle", "last"] {
        let mut message = Message::new();
        message.string("outside", "1");
        let table = message.open_table("table");
        for name in ["first", "middle", "last"] {
            message.string(name, name);
        }
        message.remove(&table, gone);
        message.remove(&table, "outside");
        message.close_table(table);
        let bytes = message.finish().unwrap();
        let message = Table::from_message(bytes);
        let left: Vec<_> = message.table("table").unwrap().into_iter().collect();
        assert_eq!(left.len(), 2);
        assert!(
            left.iter()
                .all(|field| field.string() == field.name.to_str().ok())
        );
        assert!(left.iter().all(|field| field.name.to_str() != Ok(gone)));
        assert_eq!(message.string("outside"), Some("1"));
    }
}

#[test]
fn refuses_to_pass_the_limit() {
    let mut message = Message::new();
    let text = "x".repeat(1000);
    for _ in 0..LIMIT / 1024 - 1 {
        message.string("name", &text);
    }
    assert!(message.finish().is_ok_and(|bytes| bytes.len() <= LIMIT));
    for _ in 0..10 {
        message.string("name", &text);
    }
    assert_eq!(message.finish(), Err(Full));
    message.boolean("small", true);
    assert_eq!(message.finish(), Err(Full));
}

#[test]
fn refuses_a_name_longer_than_its_length_field() {
    let mut message = Message::new();
    message.boolean(&"x".repeat(70_000), true);
    assert_eq!(message.finish(), Err(Full));
}

proptest! {
    #[test]
    fn reads_back_what_was_written(fields: Vec<(String, String)>) {
        let fields: Vec<(String, String)> =
            fields.into_iter().map(|(n, v)| (n.replace('\0', ""), v.replace('\0', ""))).collect();
        let mut message = Message::new();
        let table = message.open_table("table");
        for (name, value) in &fields {
            message.string(name, value);
        }
        message.close_table(table);
        let bytes = message.finish().unwrap();
        let read: Vec<_> = Table::from_message(bytes).table("table").unwrap().into_iter()
            .map(|field| (field.name.to_str().unwrap().to_owned(), field.string().unwrap().to_owned()))
            .collect();
        prop_assert_eq!(read, fields);
    }

    #[test]
    fn pads_with_zeroes(name in "[a-z]{0,9}", value in "[a-z]{0,9}") {
        let mut message = Message::new();
        message.string(&name, &value);
        let bytes = message.finish().unwrap();
        let letters = bytes[10..].iter().filter(|byte| **byte != 0).count();
        prop_assert_eq!(letters, name.len() + value.len());
        prop_assert_eq!(bytes.len() % 4, 0);
    }
}
