//! Reads replies and arguments the way a plugin's reader sees them.

use std::collections::BTreeSet;

use asu_rpcd_plugin::Table;

/// How deep [`walk`] goes: no plugin reads deeper.
const DEPTH: usize = 4;

/// The names of the packages in a reply.
///
/// # Panics
/// If the reply is not one table of texts under distinct names.
#[must_use]
pub fn names(reply: &[u8]) -> BTreeSet<Vec<u8>> {
    assert_eq!(reply.len() % 4, 0, "not padded");
    let mut tables = Table::from_message(reply).into_iter();
    let table = tables.next().expect("a table");
    assert!(tables.next().is_none(), "more than a table");
    let mut names = BTreeSet::new();
    for field in table.table().expect("a table") {
        assert_eq!(field.kind, 3, "not text");
        assert_eq!(field.data.last(), Some(&0), "text without end");
        assert!(!field.name.is_empty(), "no name");
        assert!(!field.name.contains(&0), "a name with an end inside");
        assert!(names.insert(field.name.to_vec()), "twice");
    }
    names
}

/// Reads everything in a message in every way; how many fields there are.
///
/// # Panics
/// If a field has two types at once.
#[must_use]
pub fn walk(table: Table<'_>, depth: usize) -> usize {
    let mut count = 0;
    for field in table {
        count += 1;
        let (text, truth) = (field.string(), field.boolean());
        assert!(text.is_none() || truth.is_none(), "two types at once");
        if let Some(inner) = field.table().filter(|_| depth < DEPTH) {
            count += walk(inner, depth + 1);
        }
    }
    count
}
