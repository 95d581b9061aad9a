//! What changed between an installed version and a new one, across package managers.

use std::cmp::Ordering;

use asu_index::Flavour;
use asu_index::version::{apk, opkg};
use asu_protocol::plan::Fate;

/// What becomes of a package that stays, by the rules of its package managers.
///
/// Where both releases use opkg, its order decides, unless the two are spelt by different rules:
/// packages took on apk's spelling with 24.10, a release before apk itself. Then, and where a release
/// uses apk, apk's order decides, after the older spelling was rewritten as the packages themselves
/// were. (By opkg's own order `git-24.086…` would be newer than `25.170…`, for its letters.)
pub(crate) fn fate(old: (&str, Flavour), new: (&str, Flavour)) -> Fate {
    if old.0 == new.0 {
        return Fate::Kept;
    }
    let order = match (old.1, new.1) {
        (Flavour::Opkg, Flavour::Opkg) if apk::is_valid(new.0) == apk::is_valid(old.0) => {
            Some(opkg::compare(new.0, old.0))
        }
        _ => across(new.0, old.0),
    };
    match order {
        Some(Ordering::Greater) => Fate::Upgraded,
        Some(Ordering::Less) => Fate::Downgraded,
        Some(Ordering::Equal) => Fate::Kept,
        None => Fate::Changed,
    }
}

fn across(new: &str, old: &str) -> Option<Ordering> {
    let (new, old) = (as_apk(new), as_apk(old));
    // Without a number before the hash, the hashes would decide, which say nothing about age.
    if new.starts_with('~') || old.starts_with('~') {
        return None;
    }
    apk::compare(&new, &old).ok()
}

/// An opkg version as the same package spells it for apk: `git-24.239.08744-1b2c3d4-1` became
/// `24.239.08744~1b2c3d4-r1`, `2024-03-29-eb9bcb64-1` became `2024.03.29~eb9bcb64-r1`.
fn as_apk(version: &str) -> String {
    if apk::is_valid(version) {
        return version.to_owned();
    }
    let plain = version
        .strip_prefix("git-")
        .or_else(|| version.strip_prefix('v'))
        .unwrap_or(version);
    let mut parts: Vec<&str> = plain.split('-').collect();
    let release = release_of(&mut parts);
    let hash = hash_of(&mut parts);
    let mut spelled = parts.join(".");
    for (mark, part) in [('~', hash), ('-', release)] {
        if let Some(part) = part {
            spelled.push(mark);
            if mark == '-' {
                spelled.push('r');
            }
            spelled.push_str(part);
        }
    }
    spelled
}

/// The package release at the end: `1`, or `r1`.
fn release_of<'a>(parts: &mut Vec<&'a str>) -> Option<&'a str> {
    let last = parts.last().filter(|_| parts.len() > 1)?;
    let number = last.strip_prefix('r').unwrap_or(last);
    let short =
        number.len() < 4 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    short.then(|| {
        parts.pop();
        number
    })
}

/// The commit at the end: at least seven hex digits.
fn hash_of<'a>(parts: &mut Vec<&'a str>) -> Option<&'a str> {
    let last = *parts.last().filter(|_| parts.len() > 1)?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_hash = last.len() >= 7 && last.bytes().all(hex);
    is_hash.then(|| parts.pop()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPKG: Flavour = Flavour::Opkg;
    const APK: Flavour = Flavour::Apk;

    #[test]
    fn the_order_of_each_package_manager_decides() {
        assert_eq!(fate(("2.90-2", OPKG), ("2.90-10", OPKG)), Fate::Upgraded);
        assert_eq!(fate(("2.90-2", OPKG), ("2.89-9", OPKG)), Fate::Downgraded);
        assert_eq!(fate(("2.90-2", OPKG), ("2.89-r9", OPKG)), Fate::Downgraded);
        let luci = ("git-24.086.45142-09d5a38", "25.170.26988~1a4e7c1");
        assert_eq!(fate((luci.0, OPKG), (luci.1, OPKG)), Fate::Upgraded);
        assert_eq!(fate(("2.91-r3", APK), ("2.91-r3", APK)), Fate::Kept);
        assert_eq!(fate(("24.93", APK), ("24.093", APK)), Fate::Downgraded);
    }

    #[test]
    fn packages_that_moved_to_apk_are_not_taken_for_downgraded() {
        let moved = [
            ("git-24.239.08744-1b2c3d4-1", "26.189.04321~0c0ffee-r1"),
            ("2024-03-29-eb9bcb64-1", "2026.02.13~1aa36ee4-r1"),
            ("5.15.167-1", "6.12.94-r1"),
            ("1.2.4-4", "1.2.5-r6"),
            ("2.90-2", "2.91-r3"),
        ];
        for (old, new) in moved {
            assert_eq!(fate((old, OPKG), (new, APK)), Fate::Upgraded, "{old} {new}");
        }
        assert_eq!(fate(("1.36.1-1", OPKG), ("1.36.1-r1", APK)), Fate::Kept);
        assert_eq!(
            fate(("r24106-10cc5fcd00", OPKG), ("1689~10cc5fcd00", APK)),
            Fate::Changed
        );
    }
}
