//! `verify`: whether the image has the SHA-256 that the server told, and its signature.

use asu_rpcd_plugin::{Call, Names, Output, Reply, Word, exists};

use crate::image::{self, VERIFIED};
use crate::why::Why;
use crate::{VERIFY, run};

/// Prints `$2`, which is the SHA-256 there should be, and then that of `$1`; nothing more than a
/// dash if there is a signature `$3` that is not one of `$1` by one of the router's keys. The text of
/// the signature is a word of its own: the shell never reads it as a part of the script.
const COMMAND: Names = Names::new(
    b"/bin/sh\0-c\0[ $# = 2 ]||echo \"$3\"|usign -V -q -m \"$1\" -P /etc/opkg/keys -x -||exec echo -;\
    echo $2;exec /bin/busybox sha256sum \"$1\"\0sh\0/tmp/firmware.bin\0\0",
);

/// The bit by which small letters differ from capital ones; every digit has it.
const CASE: u8 = 0x20;

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

pub(crate) fn start(call: &mut Call<'_>) -> Result<(), Why> {
    let arguments = call.arguments();
    let expected = arguments.string(b"sha256").ok_or(Why::Invalid)?;
    if expected.count_bytes() != DIGITS || sum(expected.to_bytes()).is_empty() {
        return Err(Why::Invalid);
    }
    let mut words = [Word::new(expected); 2];
    let mut count = 1;
    if let Some(field) = arguments.get(b"signature") {
        words[1] = Word::new(field.string().ok_or(Why::Invalid)?);
        count = 2;
    }
    image::findings(VERIFIED)?;
    if !exists(c"/bin/busybox") || count == 2 && !exists(c"/usr/bin/usign") {
        return Err(Why::NoTool);
    }
    run(call, VERIFY, COMMAND, words.get(..count).unwrap_or(&words))
}

/// Tells the SHA-256 that was computed, and whether it is the expected one.
pub(crate) fn done(output: &Output<'_>, reply: &mut Reply) -> Result<(), Why> {
    let expected = sum(output.stdout);
    let found = sum(output.stdout.get(DIGITS + 1..).unwrap_or_default());
    reply.string(c"sha256", found);
    if expected.is_empty() {
        Err(Why::Unsigned)
    } else if found.is_empty() {
        Err(Why::NoSum)
    } else if !found
        .iter()
        .zip(expected)
        .all(|(a, b)| a | CASE == b | CASE)
    {
        Err(Why::Different)
    } else {
        image::add(VERIFIED).map(drop)
    }
}

/// The SHA-256 in front of `text`; empty if there is none.
fn sum(text: &[u8]) -> &[u8] {
    match text.get(..DIGITS) {
        Some(sum) if sum.iter().all(u8::is_ascii_hexdigit) => sum,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
