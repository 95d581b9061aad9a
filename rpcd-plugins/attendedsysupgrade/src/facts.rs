//! Reads single facts from the small text files OpenWrt keeps them in.

use core::ffi::CStr;

use asu_rpcd_plugin::{Lines, Text};

/// A fact; all of them are far shorter.
pub(crate) type Fact = Text<256>;

/// The first line of a file.
pub(crate) fn first_line(path: &CStr) -> Fact {
    let mut fact = Fact::new();
    if let Some(mut lines) = Lines::open(path)
        && let Some(line) = lines.next()
    {
        fact.set(line.trim_ascii());
    }
    fact
}

/// The value of a line `KEY='value'`, for example in `/etc/openwrt_release`.
pub(crate) fn shell_value<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    line.strip_prefix(key.as_bytes())?
        .strip_prefix(b"=")
        .map(unquote)
}

/// The amount of a line `MemTotal:  123456 kB` of `/proc/meminfo`, in bytes.
pub(crate) fn memory_value(line: &[u8], key: &str) -> Option<u64> {
    let rest = line.strip_prefix(key.as_bytes())?.strip_prefix(b":")?;
    let number = words(rest).next()?;
    core::str::from_utf8(number)
        .ok()?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// The filesystem of the root, from lines of `/proc/mounts`: of the read-only part (`/rom`) if there
/// is one, else of `/` itself.
pub(crate) fn rootfs_type(path: &CStr) -> Fact {
    let mut fact = Fact::new();
    let Some(mut lines) = Lines::open(path) else {
        return fact;
    };
    while let Some(line) = lines.next() {
        let mut words = words(line).skip(1);
        match (words.next(), words.next()) {
            (Some(b"/rom"), Some(kind)) => {
                fact.set(kind);
                return fact;
            }
            // The kernel's own first root, and the sum of two others, are not what was installed.
            (Some(b"/"), Some(kind)) if kind != b"rootfs" && kind != b"overlay" => fact.set(kind),
            _ => {}
        }
    }
    fact
}

/// `compat_version` of the first section `system` in `/etc/config/system`; 1.0 where it is not set.
pub(crate) fn compat_version(path: &CStr) -> Fact {
    let mut fact = Fact::new();
    fact.set(b"1.0");
    let Some(mut lines) = Lines::open(path) else {
        return fact;
    };
    let mut inside = false;
    while let Some(line) = lines.next() {
        let mut words = words(line);
        match (words.next(), words.next().map(unquote)) {
            (Some(b"config"), _) if inside => return fact,
            (Some(b"config"), kind) => inside = kind == Some(b"system"),
            (Some(b"option"), Some(b"compat_version")) if inside => {
                fact.set(words.next().map(unquote).unwrap_or_default());
            }
            _ => {}
        }
    }
    fact
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

fn unquote(value: &[u8]) -> &[u8] {
    match value.trim_ascii() {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        plain => plain,
    }
}

#[cfg(test)]
mod tests;
