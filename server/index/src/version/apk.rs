//! apk's versions: numbers, a letter, `_suffix`es, `~commit` and `-rN`, as apk-tools 3 orders them.
//!
//! Hand-written, because no crate knows version 3's order: `~commit` came with it.

use std::cmp::Ordering;

use super::InvalidVersion;

/// Suffixes that make a version older than the same without it, oldest first.
const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
/// Suffixes that make a version newer than the same without it, oldest first.
const AFTER: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];

/// Orders two versions; an error if one of them is invalid, like `apk version -t`.
pub fn compare(a: &str, b: &str) -> Result<Ordering, InvalidVersion> {
    let invalid = |version: &str| Err(InvalidVersion(version.to_owned()));
    match (is_valid(a), is_valid(b)) {
        (false, _) => invalid(a),
        (_, false) => invalid(b),
        _ => Ok(order(a, b)),
    }
}

/// Whether apk takes this for a version, like `apk version --check`.
pub fn is_valid(version: &str) -> bool {
    let mut parts = Parts::of(version);
    loop {
        match parts.next() {
            Part::End => return true,
            Part::Invalid => return false,
            _ => {}
        }
    }
}

/// Whether `version` begins with the parts of `prefix`: apk's `~`.
pub fn matches_fuzzily(version: &str, prefix: &str) -> bool {
    order_fuzzy(version, prefix).is_eq()
}

/// Orders two versions, each up to where it ends or becomes invalid.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    let (a, b) = first_difference(a, b);
    a.cmp(&b)
}

/// Like [`order`], and equal if `b` ends where they differ.
pub(crate) fn order_fuzzy(a: &str, b: &str) -> Ordering {
    let (a, b) = first_difference(a, b);
    if b == Part::End {
        return Ordering::Equal;
    }
    a.cmp(&b)
}

/// The first parts that differ, or the last ones of both.
fn first_difference<'a>(a: &'a str, b: &'a str) -> (Part<'a>, Part<'a>) {
    let (mut left, mut right) = (Parts::of(a), Parts::of(b));
    loop {
        let parts = (left.next(), right.next());
        let is_last = matches!(parts.0, Part::End | Part::Invalid);
        if is_last || parts.0 != parts.1 {
            return parts;
        }
    }
}

/// One part of a version. The order of the variants is that of versions which differ first here:
/// one that goes on with `_rc` is older than one that ends, and that is older than one with `-r1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A suffix of [`BEFORE`].
    Before(usize),
    Invalid,
    End,
    Revision(u64),
    Commit(&'a [u8]),
    SuffixNumber(u64),
    /// A suffix of [`AFTER`].
    After(usize),
    Letter(u8),
    Number(Number<'a>),
    First(u64),
}

/// A number after a dot. Behind a leading zero it is a fraction, and any of those is below any
/// other number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Number<'a> {
    Fraction(&'a [u8]),
    Whole(u64),
}

/// What was read last, in the order in which a version may have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Numbers,
    Letter,
    Suffix,
    SuffixNumber,
    Commit,
    Revision,
}

/// The parts of a version, one after the other; after `End` or `Invalid` there are none.
struct Parts<'a> {
    rest: &'a [u8],
    stage: Stage,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        Self {
            rest: version.as_bytes(),
            stage: Stage::Start,
        }
    }

    fn next(&mut self) -> Part<'a> {
        let part = match (self.stage, self.rest) {
            (Stage::Start, _) => self.first(),
            (_, []) => return Part::End,
            (Stage::Numbers, [b'.', rest @ ..]) => self.number(rest),
            (Stage::Numbers, [letter @ b'a'..=b'z', rest @ ..]) => {
                self.goes_on(Stage::Letter, rest);
                Some(Part::Letter(*letter))
            }
            (stage, [b'_', rest @ ..]) if stage <= Stage::SuffixNumber => self.suffix(rest),
            (Stage::Suffix, [b'0'..=b'9', ..]) => self.suffix_number(),
            (stage, [b'~', rest @ ..]) if stage < Stage::Commit => self.commit(rest),
            (stage, [b'-', b'r', rest @ ..]) if stage < Stage::Revision => self.revision(rest),
            _ => None,
        };
        part.unwrap_or(Part::Invalid)
    }

    fn goes_on(&mut self, stage: Stage, rest: &'a [u8]) {
        self.stage = stage;
        self.rest = rest;
    }

    fn first(&mut self) -> Option<Part<'a>> {
        let (digits, rest) = digits(self.rest)?;
        self.goes_on(Stage::Numbers, rest);
        Some(Part::First(wrapped(digits)))
    }

    fn number(&mut self, rest: &'a [u8]) -> Option<Part<'a>> {
        let (digits, rest) = digits(rest)?;
        self.goes_on(Stage::Numbers, rest);
        Some(Part::Number(match digits {
            [b'0', ..] => Number::Fraction(digits),
            _ => Number::Whole(wrapped(digits)),
        }))
    }

    fn suffix(&mut self, rest: &'a [u8]) -> Option<Part<'a>> {
        let (name, rest) = split(rest, u8::is_ascii_lowercase);
        let is_name = |known: &&[u8]| *known == name;
        let before = BEFORE.iter().position(is_name).map(Part::Before);
        let part = before.or_else(|| AFTER.iter().position(is_name).map(Part::After))?;
        self.goes_on(Stage::Suffix, rest);
        Some(part)
    }

    fn suffix_number(&mut self) -> Option<Part<'a>> {
        let (digits, rest) = digits(self.rest)?;
        self.goes_on(Stage::SuffixNumber, rest);
        Some(Part::SuffixNumber(wrapped(digits)))
    }

    fn commit(&mut self, rest: &'a [u8]) -> Option<Part<'a>> {
        let (hash, rest) = split(rest, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.goes_on(Stage::Commit, rest);
        (!hash.is_empty()).then_some(Part::Commit(hash))
    }

    fn revision(&mut self, rest: &'a [u8]) -> Option<Part<'a>> {
        let (digits, rest) = digits(rest)?;
        self.goes_on(Stage::Revision, rest);
        Some(Part::Revision(wrapped(digits)))
    }
}

fn digits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = split(bytes, u8::is_ascii_digit);
    (!digits.is_empty()).then_some((digits, rest))
}

fn split(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !belongs(byte));
    bytes.split_at(end.unwrap_or(bytes.len()))
}

/// The number modulo 2^64, as apk counts.
fn wrapped(digits: &[u8]) -> u64 {
    let append = |number: u64, digit: &u8| {
        let number = number.wrapping_mul(10);
        number.wrapping_add(u64::from(digit - b'0'))
    };
    digits.iter().fold(0, append)
}
