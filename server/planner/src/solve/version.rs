//! The order of versions, for choosing between packages.

use std::cmp::Ordering;

use asu_index::Flavour;
use asu_index::version;

/// Orders two versions; what apk could not read counts as equal to anything.
pub(super) fn order(flavour: Flavour, a: &str, b: &str) -> Ordering {
    version::compare(flavour, a, b).unwrap_or(Ordering::Equal)
}
