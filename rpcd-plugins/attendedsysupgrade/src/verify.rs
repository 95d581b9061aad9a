//! `verify`: whether the image has the SHA-256 that the server told, and its signature.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Output, Reply, Single, Status, Word, exists};

use crate::image::{self, PATH, VERIFIED};
use crate::why::{Why, Wrong};
use crate::{VERIFY, run};

/// Prints the SHA-256 of `$1`, if `$2` is a signature of it by one of the router's keys. The text
/// of the signature is a word of its own: the shell never reads it as a part of the script.
const SIGNED: &CStr =
    c"echo \"$2\"|usign -V -q -m \"$1\" -P /etc/opkg/keys -x -&&exec sha256sum \"$1\"";

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// What the SHA-256 should be, in lower case.
static EXPECTED: Single<[u8; DIGITS]> = Single::new([0; DIGITS]);

/// What it means when there is no sum.
static WITHOUT: Single<Why> = Single::new(Why::NoSum);

pub(crate) fn start(call: &mut Call<'_>) -> Result<(), Wrong> {
    let arguments = call.arguments();
    let invalid = Wrong::Call(Status::INVALID_ARGUMENT);
    let mut expected = [0; DIGITS];
    let text = arguments.string(b"sha256").ok_or(invalid)?.to_bytes();
    if text.len() != DIGITS || !digits(text, &mut expected) {
        return Err(invalid);
    }
    let mut without = Why::NoSum;
    let mut words = [Word::END; 7];
    words[0] = Word::new(c"/bin/busybox");
    words[1] = Word::new(c"sha256sum");
    words[2] = Word::new(PATH);
    let signature = arguments.get(b"signature");
    if let Some(field) = signature {
        without = Why::Unsigned;
        words[4] = words[2];
        words[5] = Word::new(field.string().ok_or(invalid)?);
        words[0] = Word::new(c"/bin/sh");
        words[1] = Word::new(c"-c");
        words[2] = Word::new(SIGNED);
        words[3] = words[0];
    }
    image::findings(VERIFIED)?;
    if signature.is_some() && !exists(c"/usr/bin/usign") {
        return Err(Why::NoTool.into());
    }
    run(call, VERIFY, &words)?;
    // Only now: a command that ran already keeps its own.
    EXPECTED.set(expected);
    WITHOUT.set(without);
    Ok(())
}

/// Tells the SHA-256 that was computed, and whether it is the expected one.
pub(crate) fn done(output: &Output<'_>, reply: &mut Reply) -> Result<(), Why> {
    let mut found = [0; DIGITS];
    let there = digits(output.stdout, &mut found);
    reply.string(c"sha256", if there { &found } else { &[] });
    if !there {
        return Err(WITHOUT.get());
    }
    if found != EXPECTED.get() {
        return Err(Why::Different);
    }
    image::add(VERIFIED)
}

/// Takes the SHA-256 in front of `text`, in lower case; false if there is none.
fn digits(text: &[u8], digits: &mut [u8; DIGITS]) -> bool {
    let mut count = 0;
    for (slot, byte) in digits.iter_mut().zip(text) {
        *slot = byte.to_ascii_lowercase();
        if matches!(*slot, b'0'..=b'9' | b'a'..=b'f') {
            count += 1;
        }
    }
    count == DIGITS
}

#[cfg(test)]
mod tests;
