//! opkg's versions: `epoch:version-revision`, as opkg-lede orders them; any text is one.
//!
//! The rules are dpkg's without its checks. Hand-written, because crates for dpkg's versions refuse
//! what opkg accepts (`git-24.239.08744-1b2c3d4-1`).

use std::cmp::Ordering;

/// Orders two versions, like `opkg compare-versions`.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Version::of(a), Version::of(b));
    a.epoch
        .cmp(&b.epoch)
        .then_with(|| compare_part(a.upstream, b.upstream))
        .then_with(|| compare_part(a.revision, b.revision))
}

/// The weight of a text's end, and of digits, which are compared as numbers.
const END: u16 = 1;

struct Version<'a> {
    /// opkg keeps the lower 32 bits.
    epoch: u32,
    upstream: &'a [u8],
    /// What follows the last dash.
    revision: &'a [u8],
}

impl<'a> Version<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.as_bytes();
        let at = |byte: u8| move |other: &u8| *other == byte;
        let (epoch, text) = match text.iter().position(at(b':')) {
            Some(colon) => (epoch(&text[..colon]), &text[colon + 1..]),
            None => (0, text),
        };
        let (upstream, revision) = match text.iter().rposition(at(b'-')) {
            Some(dash) => (&text[..dash], &text[dash + 1..]),
            None => (text, &[][..]),
        };
        Self {
            epoch,
            upstream: trimmed(upstream),
            revision: trimmed(revision),
        }
    }
}

/// The number a text begins with, read as C's `strtoul` does: other texts are 0, large numbers the
/// largest, and a sign counts.
fn epoch(text: &[u8]) -> u32 {
    let text = trimmed(text);
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let append = |number: u64, digit: &u8| {
        let number = number.checked_mul(10)?;
        number.checked_add(u64::from(digit - b'0'))
    };
    let mut digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = match digits.try_fold(0, append) {
        Some(number) if is_negative => number.wrapping_neg(),
        number => number.unwrap_or(u64::MAX),
    };
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Without the white space of C's `isspace` at both ends.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t'..=b'\r', rest @ ..] | [rest @ .., b' ' | b'\t'..=b'\r'] = text {
        text = rest;
    }
    text
}

/// Compares by turns what is no digit, by [`weight`], and numbers.
fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        while weight(a) == weight(b) && weight(a) != END {
            (a, b) = (&a[1..], &b[1..]);
        }
        let by_text = weight(a).cmp(&weight(b));
        let (number, rest_of_a) = number(a);
        let (other, rest_of_b) = self::number(b);
        let by_number = || number.len().cmp(&other.len()).then(number.cmp(other));
        let order = by_text.then_with(by_number);
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_of_a, rest_of_b);
    }
    Ordering::Equal
}

/// The weight of the first byte: `~` is below the end of a text and below digits, letters are
/// above, everything else is above letters.
fn weight(text: &[u8]) -> u16 {
    match text.first() {
        None | Some(b'0'..=b'9') => END,
        Some(b'~') => 0,
        Some(letter @ (b'a'..=b'z' | b'A'..=b'Z')) => u16::from(*letter),
        // A char is signed where the tool was observed, so these end up between.
        Some(byte @ 0x80..) => u16::from(*byte),
        Some(byte) => u16::from(*byte) + 256,
    }
}

/// The digits a text begins with, without leading zeros, and the rest.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let zeros = digits.iter().position(|digit| *digit != b'0');
    (&digits[zeros.unwrap_or(digits.len())..], rest)
}
