//! The order of apk's versions: `1.2.3a_rc1~0c0ffee-r4`.
//!
//! Written by hand, because no crate knows this order, and the product's own may not judge itself.

use std::cmp::Ordering;

/// What a suffix with one of these names is compared by; a version without stands between the two.
const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

/// Orders two versions; of the parts of invalid ones, those that can be read count.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Version::read(a), Version::read(b));
    compare_numbers(&a.numbers, &b.numbers)
        .then_with(|| a.letter.cmp(b.letter))
        .then_with(|| compare_suffixes(&a.suffixes, &b.suffixes))
        .then_with(|| a.commit.cmp(b.commit))
        .then_with(|| a.release.cmp(&b.release))
}

/// Whether `version` satisfies a constraint such as `>=` `1.0`; `~` compares the beginning.
pub(super) fn satisfies(version: &str, signs: &str, wanted: &str) -> bool {
    let order = compare(version, wanted);
    let is_like = || version.starts_with(wanted);
    signs.chars().any(|sign| match sign {
        '<' => order.is_lt(),
        '>' => order.is_gt(),
        '~' => is_like(),
        _ => order.is_eq(),
    })
}

struct Version<'a> {
    numbers: Vec<&'a str>,
    letter: &'a str,
    suffixes: Vec<(i32, u64)>,
    commit: &'a str,
    release: u64,
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Self {
        let (text, release) = text.rsplit_once("-r").unwrap_or((text, "0"));
        let (text, commit) = text.split_once('~').unwrap_or((text, ""));
        let mut parts = text.split('_');
        let first = parts.next().unwrap_or_default();
        let letter = first.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        Self {
            numbers: first[..first.len() - letter.len()].split('.').collect(),
            letter,
            suffixes: parts.map(suffix).collect(),
            commit,
            release: release.parse().unwrap_or(0),
        }
    }
}

/// How far before or after the version without suffix it stands, and its number.
fn suffix(text: &str) -> (i32, u64) {
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let place = |names: &[&str]| {
        let place = names.iter().position(|known| *known == name);
        place.and_then(|place| i32::try_from(place).ok())
    };
    let rank = place(&BEFORE)
        .map(|place| place - 4)
        .or_else(|| place(&AFTER).map(|place| place + 1));
    (rank.unwrap_or(0), text[name.len()..].parse().unwrap_or(0))
}

/// A missing suffix counts as none, which is above a candidate's and below a patch's.
fn compare_suffixes(a: &[(i32, u64)], b: &[(i32, u64)]) -> Ordering {
    let at = |suffixes: &[(i32, u64)], place| suffixes.get(place).copied().unwrap_or((0, 0));
    let places = 0..a.len().max(b.len());
    let orders = places.map(|place| at(a, place).cmp(&at(b, place)));
    orders.fold(Ordering::Equal, Ordering::then)
}

/// The first is a number; later ones with a leading zero are compared as texts.
fn compare_numbers(a: &[&str], b: &[&str]) -> Ordering {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    for (place, (a, b)) in a.iter().zip(b).enumerate() {
        let is_text = place > 0 && (a.starts_with('0') || b.starts_with('0'));
        let order = if is_text {
            a.cmp(b)
        } else {
            number(a).cmp(&number(b))
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}
