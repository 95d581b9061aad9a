//! Versions, one a line, in the orders of both package managers.

#![no_main]

use std::cmp::Ordering;

use asu_index::version::{apk, opkg};
use asu_index::{Constraint, Flavour, Operator};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let versions: Vec<&str> = text.lines().take(3).collect();
    let [a, b, c] = versions[..] else {
        return;
    };
    check(opkg::compare, a, b, c);
    if [a, b, c].into_iter().all(apk::is_valid) {
        let compare = |a: &str, b: &str| apk::compare(a, b).expect("valid versions compare");
        check(compare, a, b, c);
    }
    for flavour in [Flavour::Apk, Flavour::Opkg] {
        let operator = Operator::LessOrEqual;
        let version = b.to_owned();
        let constraint = Constraint { operator, version };
        assert!(constraint.admits(flavour, a) || constraint.admits(flavour, b));
    }
});

/// What holds in every total order.
fn check(compare: impl Fn(&str, &str) -> Ordering, a: &str, b: &str, c: &str) {
    assert_eq!(compare(a, a), Ordering::Equal);
    assert_eq!(compare(a, b), compare(b, a).reverse());
    if compare(a, b).is_le() && compare(b, c).is_le() {
        assert!(compare(a, c).is_le());
    }
}
