//! Finding a package by a part of its name, or by a wrong one.

use std::collections::BTreeMap;

use crate::order::insert;

/// How many names are suggested at once.
const SUGGESTED: usize = 20;
/// How many names are told for one that does not exist.
const NEAR: usize = 4;

/// Whether a text can be a package's name.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    text.len() <= 128
        && text.bytes().all(allowed)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// Names that begin with a text, and then those that have it in them.
pub(crate) fn suggestions<'a>(names: &'a BTreeMap<String, String>, text: &str) -> Vec<&'a str> {
    let begins = names.keys().filter(|name| name.starts_with(text));
    let inside = |name: &&String| name.contains(text) && !name.starts_with(text);
    let all = begins.chain(names.keys().filter(inside));
    all.take(SUGGESTED).map(String::as_str).collect()
}

/// Names that are like one that does not exist, the likest first.
pub(crate) fn nearest<'a>(names: &'a BTreeMap<String, String>, wanted: &str) -> Vec<&'a str> {
    // Two letters may be wrong, of a short name only one.
    let limit = if wanted.len() < 4 { 1 } else { 2 };
    let mut near: Vec<(usize, usize, &str)> = Vec::new();
    for name in names.keys() {
        let wrong = if name.contains(wanted) {
            limit
        } else if name.len().abs_diff(wanted.len()) > limit {
            continue;
        } else {
            distance(wanted, name)
        };
        if wrong <= limit {
            let longer = name.len().abs_diff(wanted.len());
            insert(&mut near, (wrong, longer, name), Ord::cmp);
            near.truncate(NEAR);
        }
    }
    near.into_iter().map(|(_, _, name)| name).collect()
}

/// How many letters have to be changed, added or taken away (Levenshtein's distance).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (1..=to.len()).collect();
    for (place, a) in from.bytes().enumerate() {
        let (mut corner, mut left) = (place, place + 1);
        for (above, b) in row.iter_mut().zip(to.bytes()) {
            left = (corner + usize::from(a != b)).min(left + 1).min(*above + 1);
            corner = std::mem::replace(above, left);
        }
    }
    row.last().copied().unwrap_or(from.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeMap<String, String> {
        [
            "htop",
            "luci-app-wol",
            "wireguard-tools",
            "kmod-wireguard",
            "top",
            "vim",
            "vim-full",
        ]
        .map(|name| (name.to_owned(), "1".to_owned()))
        .into()
    }

    #[test]
    fn names_that_begin_so_come_first() {
        assert_eq!(suggestions(&names(), "top"), ["top", "htop"]);
        assert_eq!(suggestions(&names(), "").len(), 7);
        assert!(suggestions(&names(), "nothing").is_empty());
    }

    #[test]
    fn a_wrong_name_leads_to_the_right_one() {
        assert_eq!(nearest(&names(), "htopp"), ["htop", "top"]);
        assert_eq!(nearest(&names(), "hotp"), ["htop", "top"]);
        assert_eq!(nearest(&names(), "tmo"), [""; 0], "two letters of three");
        assert_eq!(nearest(&names(), "vmi-full"), ["vim-full"]);
        assert_eq!(
            nearest(&names(), "wireguard"),
            ["kmod-wireguard", "wireguard-tools"]
        );
    }

    #[test]
    fn distances_are_counted_in_letters() {
        for (from, to, wrong) in [
            ("", "ab", 2),
            ("ab", "", 2),
            ("kitten", "sitting", 3),
            ("a", "a", 0),
        ] {
            assert_eq!(distance(from, to), wrong, "{from} {to}");
        }
    }

    #[test]
    fn what_no_server_takes_is_no_name() {
        assert!(is_name("libstdc++6") && is_name("6in4") && is_name("kmod-x_y.z"));
        assert!(!is_name("") && !is_name("-ppp") && !is_name("a;b") && !is_name("ä"));
    }
}
