//! Numbers as people read them.

use crate::words::{many, w};

/// `14.2 MB`; decimal, as browsers and shops count.
pub(crate) fn bytes(count: u64) -> String {
    if count < 1000 {
        return many!("{0} byte", "{0} bytes", count);
    }
    if count < 1_000_000 {
        return w!("{0} kB", count / 1000);
    }
    let tenths = count / 100_000;
    w!("{0}.{1} MB", tenths / 10, tenths % 10)
}

/// `1:05` for 65 000 ms.
pub(crate) fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Percent done, 0 to 100.
pub(crate) fn percent(done: u64, total: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    (done.min(total)).saturating_mul(100) / total
}

/// `1 package`, `2 packages`.
pub(crate) fn packages(count: usize) -> String {
    many!("{0} package", "{0} packages", count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{English, resolve};

    #[test]
    fn sizes_and_times_are_short() {
        let plain = |text: String| resolve(&text, &English);
        assert_eq!(plain(bytes(999)), "999 bytes");
        assert_eq!(plain(bytes(14_249_999)), "14.2 MB");
        assert_eq!(clock(65_999), "1:05");
        assert_eq!(percent(1, 3), 33);
        assert_eq!(percent(9, 0), 0);
    }
}
