//! The order of opkg's package versions: Debian's `[epoch:]version[-revision]`.
//!
//! Written by hand because opkg accepts what Debian's policy, and the crates that follow it, refuse.

use std::cmp::Ordering;

/// Orders two versions.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a_version, a_revision) = split(a);
    let (b_epoch, b_version, b_revision) = split(b);
    a_epoch
        .cmp(&b_epoch)
        .then_with(|| compare_part(a_version, b_version))
        .then_with(|| compare_part(a_revision, b_revision))
}

/// Whether `version` satisfies a constraint such as `>= 1.0`; no operator means any version.
pub fn satisfies(version: &str, operator: &str, wanted: &str) -> bool {
    let order = compare(version, wanted);
    match operator {
        "=" => order.is_eq(),
        "<<" => order.is_lt(),
        ">>" => order.is_gt(),
        "<=" | "<" => order.is_le(),
        ">=" | ">" => order.is_ge(),
        _ => true,
    }
}

fn split(text: &str) -> (u64, &str, &str) {
    let text = text.trim_start();
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, text),
    };
    let (version, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, version, revision)
}

/// Alternates between a part without digits, where `~` sorts before the end and letters before
/// other characters, and a number.
fn compare_part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_text, a_rest) = cut(a, |c| !c.is_ascii_digit());
        let (b_text, b_rest) = cut(b, |c| !c.is_ascii_digit());
        let (a_number, a_next) = cut(a_rest, |c| c.is_ascii_digit());
        let (b_number, b_next) = cut(b_rest, |c| c.is_ascii_digit());
        let order = compare_text(a_text, b_text).then_with(|| compare_number(a_number, b_number));
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_next, b_next);
    }
    Ordering::Equal
}

fn cut(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn compare_text(a: &str, b: &str) -> Ordering {
    let weights = |text: &str| {
        let mut weights: Vec<u32> = text.chars().map(weight).collect();
        weights.push(END);
        weights
    };
    weights(a).cmp(&weights(b))
}

const END: u32 = 1;

fn weight(c: char) -> u32 {
    match c {
        '~' => 0,
        c if c.is_ascii_alphabetic() => END + u32::from(c),
        c => END + 256 + u32::from(c),
    }
}

/// Compares digits of any length without converting them.
fn compare_number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
