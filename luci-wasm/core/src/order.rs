//! Small ordered lists.
//!
//! The library's sort is made for speed on long lists and costs 4 kB of the module for every type
//! it sorts; here are dozens of items at most.

use std::cmp::Ordering;

/// Puts an item where it belongs in a list ordered by `compare`; one that is there already stays.
pub(crate) fn insert<T>(list: &mut Vec<T>, item: T, compare: impl Fn(&T, &T) -> Ordering) {
    let place = list
        .iter()
        .position(|other| compare(other, &item) != Ordering::Less)
        .unwrap_or(list.len());
    let is_there = list
        .get(place)
        .is_some_and(|other| compare(other, &item) == Ordering::Equal);
    if !is_there {
        list.insert(place, item);
    }
}

/// Whether a name is on a list.
pub(crate) fn contains<S: AsRef<str>>(list: &[S], name: &str) -> bool {
    list.iter().any(|other| other.as_ref() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_ordered_and_once_there() {
        let mut list = Vec::new();
        for item in ["b", "a", "c", "a"] {
            insert(&mut list, item, Ord::cmp);
        }
        assert_eq!(list, ["a", "b", "c"]);
    }
}
