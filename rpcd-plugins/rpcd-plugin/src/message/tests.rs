use std::ffi::CStr;

use proptest::prelude::*;

use super::*;
use crate::blob::tests::EXAMPLE;

#[test]
fn writes_what_libubox_writes() {
    let mut message = Message::new();
    let table = message.open_table(b"packages");
    message.string(b"abc", b"1");
    message.string(b"ab", b"12345");
    message.boolean(b"all", true);
    message.close_table(table);
    assert_eq!(message.finish(), Ok(EXAMPLE));
}

#[test]
fn removes_a_field_wherever_it_is() {
    for gone in ["first", "middle", "last"] {
        let mut message = Message::new();
        message.string(b"outside", b"1");
        let table = message.open_table(b"table");
        for name in ["first", "middle", "last"] {
            message.string(name.as_bytes(), name.as_bytes());
        }
        message.remove(&table, gone.as_bytes());
        message.remove(&table, b"outside");
        message.close_table(table);
        let bytes = message.finish().unwrap();
        let message = Table::from_message(bytes);
        let left: Vec<_> = message.table(b"table").unwrap().into_iter().collect();
        assert_eq!(left.len(), 2);
        assert!(
            left.iter()
                .all(|field| field.string().map(CStr::to_bytes) == Some(field.name))
        );
        assert!(left.iter().all(|field| field.name != gone.as_bytes()));
        assert_eq!(message.string(b"outside"), Some(c"1"));
    }
}

#[test]
fn refuses_to_pass_the_limit() {
    let mut message = Message::new();
    let text = "x".repeat(1000);
    for _ in 0..LIMIT / 1024 - 1 {
        message.string(b"name", text.as_bytes());
    }
    assert!(message.finish().is_ok_and(|bytes| bytes.len() <= LIMIT));
    for _ in 0..10 {
        message.string(b"name", text.as_bytes());
    }
    assert_eq!(message.finish(), Err(Full));
    message.boolean(b"small", true);
    assert_eq!(message.finish(), Err(Full));
}

#[test]
fn refuses_a_name_longer_than_its_length_field() {
    let mut message = Message::new();
    message.boolean("x".repeat(70_000).as_bytes(), true);
    assert_eq!(message.finish(), Err(Full));
}

proptest! {
    #[test]
    fn reads_back_what_was_written(fields: Vec<(String, String)>) {
        let fields: Vec<(String, String)> =
            fields.into_iter().map(|(n, v)| (n.replace('\0', ""), v.replace('\0', ""))).collect();
        let mut message = Message::new();
        let table = message.open_table(b"table");
        for (name, value) in &fields {
            message.string(name.as_bytes(), value.as_bytes());
        }
        message.close_table(table);
        let bytes = message.finish().unwrap();
        let read: Vec<_> = Table::from_message(bytes).table(b"table").unwrap().into_iter()
            .map(|field| (str::from_utf8(field.name).unwrap().to_owned(), field.string().unwrap().to_str().unwrap().to_owned()))
            .collect();
        prop_assert_eq!(read, fields);
    }

    #[test]
    fn pads_with_zeroes(name in "[a-z]{0,9}", value in "[a-z]{0,9}") {
        let mut message = Message::new();
        message.string(name.as_bytes(), value.as_bytes());
        let bytes = message.finish().unwrap();
        let letters = bytes[10..].iter().filter(|byte| **byte != 0).count();
        prop_assert_eq!(letters, name.len() + value.len());
        prop_assert_eq!(bytes.len() % 4, 0);
    }
}
