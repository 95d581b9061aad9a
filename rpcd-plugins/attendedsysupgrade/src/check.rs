//! `test`: whether the router's own check accepts the image.

use asu_rpcd_plugin::{Call, Names, Output, Reply, Status};

use crate::image::{self, ALLOWS_BACKUP, TESTED, VALID};
use crate::text::trim;
use crate::why::Why;
use crate::{TEST, run};

/// OpenWrt's check, which sysupgrade runs as well: signature, device, what the platform adds.
const COMMAND: Names = Names::new(b"/usr/libexec/validate_firmware_image\0/tmp/firmware.bin\0\0");

/// The truth values of the check's result, in the order of the bits behind [`TESTED`].
const FIELDS: Names = Names::new(b"forceable\0valid\0allow_backup\0\0");

pub(crate) fn start(call: &mut Call<'_>) -> Result<(), Why> {
    image::findings(TESTED | VALID | ALLOWS_BACKUP)?;
    run(call, TEST, COMMAND, &[])
}

/// Tells the result of the check as it is, and why it refuses the image.
pub(crate) fn done(output: &Output<'_>, reply: &mut Reply) -> Result<(), Status> {
    let mut found = 0;
    if output.reply_with_json(reply) {
        found = 1;
        for field in FIELDS {
            // The fields are in the reply already: with one of another type no reply is better.
            let Some(value) = reply.fields().boolean(field.to_bytes()) else {
                return Err(Status::UNKNOWN_ERROR);
            };
            found = found << 1 | u8::from(value);
        }
        // If the file was replaced meanwhile, nothing is noted, and `start` will say so.
        let _ = image::add(found);
        if found & VALID != 0 {
            return Ok(());
        }
    } else {
        write_refusal(reply);
    }
    let mut why = trim(output.stderr, false);
    if why.is_empty() {
        why = if found & TESTED == 0 {
            Why::NoResult
        } else {
            Why::NotValid
        }
        .text();
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
