//! Release versions and their order: `24.10.9` < `24.10.10-rc1` < `24.10.10` < `24.10-SNAPSHOT` < `SNAPSHOT`.

use std::cmp::Ordering;

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
pub fn compare(a: &str, b: &str) -> Ordering {
    key(a).cmp(&key(b))
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

fn key(version: &str) -> (Vec<u64>, u64) {
    if version == "SNAPSHOT" {
        return (vec![u64::MAX], u64::MAX);
    }
    let (numbers, suffix) = version.split_once('-').unwrap_or((version, ""));
    let mut parts: Vec<u64> = numbers
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect();
    let rank = match suffix {
        "" => u64::MAX - 1,
        // A branch snapshot is newer than every release of its branch.
        "SNAPSHOT" => {
            parts.push(u64::MAX);
            u64::MAX
        }
        other => other
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .unwrap_or(0),
    };
    (parts, rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_come_in_order() {
        let order = [
            "17.01.7",
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
