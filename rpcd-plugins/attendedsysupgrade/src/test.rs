//! `test`: whether the router's own check accepts the image.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Handler, Identity, Job, Message, Output, Status, Table, utf8_prefix};

use crate::image::{BUSY, FINDINGS, Findings, MISSING, PATH, Tested};

/// OpenWrt's check, which `sysupgrade` runs as well: signature, device, and what the platform adds.
const COMMAND: [&CStr; 2] = [c"/usr/libexec/validate_firmware_image", PATH];

const FAILED: &str = "The router's check of the image ended without a result, or not in time.";
const REFUSED: &str = "The router's check refuses the image.";
const NO_CHECK: &str =
    "The image cannot be checked: /usr/libexec/validate_firmware_image cannot be run.";

pub(crate) struct Test;

impl Handler for Test {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        FINDINGS.set(Findings {
            tested: None,
            ..FINDINGS.get()
        });
        let Some(image) = Identity::of(PATH) else {
            return refuse(call, MISSING);
        };
        match call.run(&COMMAND, Checking { image }) {
            Err(Status::NotFound) => refuse(call, NO_CHECK),
            Err(Status::NoMemory) => refuse(call, BUSY),
            outcome => outcome,
        }
    }
}

/// An image being checked.
#[derive(Debug, Clone, Copy)]
struct Checking {
    image: Identity,
}

impl Job for Checking {
    fn done(self, output: &mut Output<'_>, reply: &mut Message) -> Result<(), Status> {
        let complaints = output.stderr;
        let Some(result) = output.reply_with_json() else {
            write_refusal(reply, explanation(complaints, FAILED));
            return Ok(());
        };
        // The fields are in the reply already: with one of another type no reply is better.
        let tested = self.judge(result).ok_or(Status::UnknownError)?;
        FINDINGS.set(Findings {
            tested: Some(tested),
            ..FINDINGS.get()
        });
        if !tested.valid {
            reply.string("error", explanation(complaints, REFUSED));
        }
        Ok(())
    }
}

/// What the check complained, or `otherwise` if it did not.
fn explanation<'a>(complaints: &'a [u8], otherwise: &'a str) -> &'a str {
    match utf8_prefix(complaints).trim_ascii() {
        "" => otherwise,
        complaints => complaints,
    }
}

impl Checking {
    fn judge(&self, result: Table<'_>) -> Option<Tested> {
        result.boolean("forceable")?;
        Some(Tested {
            image: self.image,
            valid: result.boolean("valid")?,
            allow_backup: result.boolean("allow_backup")?,
        })
    }
}

fn refuse(call: &mut Call<'_>, why: &str) -> Result<(), Status> {
    let mut reply = Message::new();
    write_refusal(&mut reply, why);
    call.reply(&mut reply)
}

fn write_refusal(reply: &mut Message, why: &str) {
    for field in ["valid", "forceable", "allow_backup"] {
        reply.boolean(field, false);
    }
    let tests = reply.open_table("tests");
    reply.close_table(tests);
    reply.string("error", why);
}

#[cfg(test)]
mod tests;
