//! Release versions and their order: `24.10.9` < `24.10.10-rc1` < `24.10.10` < `24.10-SNAPSHOT` < `SNAPSHOT`.

use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The branch a version belongs to: `24.10.2` and `24.10-SNAPSHOT` are of `24.10`.
///
/// `SNAPSHOT` is a branch of its own.
pub fn branch_of(version: &str) -> &str {
    if version == "SNAPSHOT" {
        return version;
    }
    let without_suffix = version.split('-').next().unwrap_or(version);
    match without_suffix.match_indices('.').nth(1) {
        Some((second_dot, _)) => &without_suffix[..second_dot],
        None => without_suffix,
    }
}

/// The folder of a version below a mirror's root: `releases/24.10.2` or `snapshots`.
pub fn path_of(version: &str) -> String {
    if version == "SNAPSHOT" {
        "snapshots".to_owned()
    } else {
        format!("releases/{version}")
    }
}

/// Orders two release names the way releases came out.
///
/// Names that are no [`Release`] come first, in the order of their text.
pub fn compare(a: &str, b: &str) -> Ordering {
    let releases = (a.parse::<Release>().ok(), b.parse::<Release>().ok());
    match releases {
        (None, None) => a.cmp(b),
        (a, b) => a.cmp(&b),
    }
}

/// A release's place in the order of releases.
///
/// `SNAPSHOT`, or two to four numbers, and then `-SNAPSHOT` or `-alpha`, `-beta` or `-rc` with or
/// without a number: `15.05`, `12.09-beta2`, `17.01.0-rc2`, `24.10-SNAPSHOT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The development branch's is above every number.
    numbers: Vec<u64>,
    stage: Stage,
}

/// How finished a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Alpha(u64),
    Beta(u64),
    Candidate(u64),
    Final,
    Snapshot,
}

/// A text that is no release's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRelease(String);

impl fmt::Display for InvalidRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "“{text}” is no release; releases are named like 24.10.2, 25.12.0-rc1, 24.10-SNAPSHOT \
             or SNAPSHOT"
        )
    }
}

impl Error for InvalidRelease {}

impl FromStr for Release {
    type Err = InvalidRelease;

    fn from_str(text: &str) -> Result<Self, InvalidRelease> {
        Self::read(text).ok_or_else(|| InvalidRelease(text.to_owned()))
    }
}

impl Release {
    fn read(text: &str) -> Option<Self> {
        let stage = Stage::Snapshot;
        if text == "SNAPSHOT" {
            let numbers = vec![u64::MAX];
            return Some(Self { numbers, stage });
        }
        let (numbers, suffix) = match text.split_once('-') {
            Some((numbers, suffix)) => (numbers, Some(suffix)),
            None => (text, None),
        };
        let stage = suffix.map_or(Some(Stage::Final), Stage::read)?;
        let mut numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        if !(2..=4).contains(&numbers.len()) {
            return None;
        }
        if stage == Stage::Snapshot {
            // A branch snapshot is newer than every release of its branch.
            numbers.push(u64::MAX);
        }
        Some(Self { numbers, stage })
    }
}

impl Stage {
    fn read(suffix: &str) -> Option<Self> {
        if suffix == "SNAPSHOT" {
            return Some(Self::Snapshot);
        }
        let end = suffix.find(|c: char| c.is_ascii_digit());
        let (name, digits) = suffix.split_at(end.unwrap_or(suffix.len()));
        let nth = if digits.is_empty() {
            0
        } else {
            number(digits)?
        };
        match name {
            "alpha" => Some(Self::Alpha(nth)),
            "beta" => Some(Self::Beta(nth)),
            "rc" => Some(Self::Candidate(nth)),
            _ => None,
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    // `parse` would take a sign, too.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// The number a revision like `r24106-10cc5fcd00` starts with.
pub fn revision_number(revision: &str) -> Option<u32> {
    revision
        .strip_prefix('r')?
        .split(['-', '+'])
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn releases_come_in_order() {
        let order = [
            "8.09",
            "12.09-beta",
            "12.09-beta2",
            "12.09-rc1",
            "12.09",
            "15.05-rc3",
            "15.05",
            "15.05.1",
            "17.01.0-rc2",
            "17.01.0",
            "17.01.7",
            "17.01-SNAPSHOT",
            "18.06.0-rc1",
            "19.07.10",
            "23.05.5",
            "24.10.0-rc2",
            "24.10.0-rc10",
            "24.10.0",
            "24.10.9",
            "24.10.10-rc1",
            "24.10.10",
            "24.10-SNAPSHOT",
            "25.12.0",
            "SNAPSHOT",
        ];
        for pair in order.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn what_is_no_release_is_invalid() {
        for text in [
            "",
            "24",
            "24.",
            ".10",
            "24..10",
            "24.10.2-",
            "24.10.2-foo",
            "24.10.2-rc-1",
            "24.10.2-rc1a",
            "24.10.2-RC1",
            "v24.10",
            " 24.10",
            "24.+1",
            "24.-1",
            "1.2.3.4.5",
            "snapshot",
            "SNAPSHOT-24.10",
            "24.10-snapshot",
            "99999999999999999999.1",
            "24.10.2\n",
            "٢٤.١٠",
        ] {
            assert!(text.parse::<Release>().is_err(), "{text:?}");
            assert_eq!(compare(text, "8.09"), Ordering::Less, "{text:?}");
        }
        let error = "vanilla".parse::<Release>().unwrap_err();
        assert!(error.to_string().contains("“vanilla” is no release"));
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_name(), b in any_name(), c in any_name()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }

    fn any_name() -> impl Strategy<Value = String> {
        "SNAPSHOT|x?(9|24)(\\.(0|05|10)){0,3}(-(rc|beta)[12]?|-SNAPSHOT)?"
    }

    #[test]
    fn branches() {
        assert_eq!(branch_of("24.10.2"), "24.10");
        assert_eq!(branch_of("24.10.0-rc3"), "24.10");
        assert_eq!(branch_of("24.10-SNAPSHOT"), "24.10");
        assert_eq!(branch_of("SNAPSHOT"), "SNAPSHOT");
    }

    #[test]
    fn revisions() {
        assert_eq!(revision_number("r24106-10cc5fcd00"), Some(24106));
        assert_eq!(revision_number("unknown"), None);
    }
}
