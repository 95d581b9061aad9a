//! `verify`: whether the image has the SHA-256 that the server told.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Handler, Identity, Job, Message, Output, Status};

use crate::image::{BUSY, FINDINGS, Findings, MISSING, PATH};

/// busybox by its path, as cgi-upload calls it: it is on every OpenWrt.
const COMMAND: [&CStr; 3] = [c"/bin/busybox", c"sha256sum", PATH];

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

const FAILED: &str = "The SHA-256 of the image could not be computed, or not in time. Try again.";
const CHANGED: &str = "The image changed while it was read. Upload it again.";
const DIFFERENT: &str =
    "The image is not the one that was built: its SHA-256 is another. Upload it again.";
const NO_BUSYBOX: &str = "The SHA-256 cannot be computed: /bin/busybox cannot be run.";

pub(crate) struct Verify;

impl Handler for Verify {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        let expected = call.arguments().string("sha256").and_then(parse);
        let expected = expected.ok_or(Status::InvalidArgument)?;
        FINDINGS.set(Findings {
            verified: None,
            ..FINDINGS.get()
        });
        let Some(image) = Identity::of(PATH) else {
            return refuse(call, MISSING);
        };
        match call.run(&COMMAND, Hashing { expected, image }) {
            Err(Status::NotFound) => refuse(call, NO_BUSYBOX),
            Err(Status::NoMemory) => refuse(call, BUSY),
            outcome => outcome,
        }
    }
}

/// A SHA-256 being computed.
#[derive(Debug, Clone, Copy)]
struct Hashing {
    expected: [u8; DIGITS],
    image: Identity,
}

impl Job for Hashing {
    fn done(self, output: &mut Output<'_>, reply: &mut Message) -> Result<(), Status> {
        let found = output
            .stdout
            .to_bytes()
            .first_chunk::<DIGITS>()
            .and_then(digits);
        let verdict = self.judge(found.as_ref(), Identity::of(PATH));
        if verdict.is_ok() {
            FINDINGS.set(Findings {
                verified: Some(self.image),
                ..FINDINGS.get()
            });
        }
        let found = found
            .as_ref()
            .and_then(|found| core::str::from_utf8(found).ok());
        write(reply, verdict, found.unwrap_or_default());
        Ok(())
    }
}

impl Hashing {
    fn judge(
        &self,
        found: Option<&[u8; DIGITS]>,
        now: Option<Identity>,
    ) -> Result<(), &'static str> {
        let found = found.ok_or(FAILED)?;
        if now != Some(self.image) {
            return Err(CHANGED);
        }
        if *found == self.expected {
            Ok(())
        } else {
            Err(DIFFERENT)
        }
    }
}

fn refuse(call: &mut Call<'_>, why: &str) -> Result<(), Status> {
    let mut reply = Message::new();
    write(&mut reply, Err(why), "");
    call.reply(&mut reply)
}

fn write(reply: &mut Message, verdict: Result<(), &str>, found: &str) {
    reply.boolean("valid", verdict.is_ok());
    reply.string("sha256", found);
    if let Err(why) = verdict {
        reply.string("error", why);
    }
}

/// A SHA-256 in lower case, if that is what `text` is.
fn parse(text: &str) -> Option<[u8; DIGITS]> {
    digits(text.as_bytes().try_into().ok()?)
}

fn digits(text: &[u8; DIGITS]) -> Option<[u8; DIGITS]> {
    let hex = text.iter().all(u8::is_ascii_hexdigit);
    hex.then(|| text.map(|digit| digit.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests;
