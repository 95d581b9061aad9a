//! `test`: whether the router's own check accepts the image.

use asu_rpcd_plugin::{Call, Names, Output, Reply, Status, Word};

use crate::image::{self, ALLOWS_BACKUP, PATH, TESTED, VALID};
use crate::why::Wrong;
use crate::{TEST, run};

/// The truth values of the check's result.
const FIELDS: Names = Names::new(b"forceable\0valid\0allow_backup\0\0");

pub(crate) fn start(call: &mut Call<'_>) -> Result<(), Wrong> {
    image::findings(TESTED | VALID | ALLOWS_BACKUP)?;
    // OpenWrt's check, which sysupgrade runs as well: signature, device, what the platform adds.
    let check = Word::new(c"/usr/libexec/validate_firmware_image");
    run(call, TEST, &[check, Word::new(PATH), Word::END])
}

/// Tells the result of the check as it is, and why it refuses the image.
pub(crate) fn done(output: &Output<'_>, reply: &mut Reply) -> Result<(), Status> {
    let mut why = output.stderr.trim_ascii();
    let mut found = TESTED;
    if output.reply_with_json(reply) {
        for field in FIELDS {
            found <<= 1;
            // The fields are in the reply already: with one of another type no reply is better.
            let value = reply.fields().boolean(field.to_bytes());
            found |= u8::from(value.ok_or(Status::UNKNOWN_ERROR)?);
        }
        // If the file was replaced meanwhile, nothing is noted, and `start` will say so.
        let found = TESTED | (found & 2) << 1 | (found & 1) << 3;
        let _ = image::add(found);
        if found & VALID != 0 {
            return Ok(());
        }
        if why.is_empty() {
            why = b"The router's check refuses the image.";
        }
    } else {
        write_refusal(reply);
        if why.is_empty() {
            why = b"The router's check ended without a result, or not in time.";
        }
    }
    reply.string(c"error", why);
    Ok(())
}

/// Writes a result in which everything is refused.
pub(crate) fn write_refusal(reply: &mut Reply) {
    for field in FIELDS {
        reply.boolean(field, false);
    }
    reply.empty_table(c"tests");
}

#[cfg(test)]
mod tests;
