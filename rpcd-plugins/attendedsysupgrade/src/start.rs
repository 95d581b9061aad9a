//! `start`: flashes the image.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Handler, Identity, Job, Message, Output, Status, Table};

use crate::image::{BUSY, FINDINGS, Findings, MISSING, PATH};

/// Runs `/sbin/sysupgrade` with the words behind the script, in the background: the second is for
/// the reply to leave before the router goes down, and what it says can be read if it refuses.
const SCRIPT: &CStr =
    c"(sleep 1; exec /sbin/sysupgrade \"$@\") </dev/null >/tmp/attendedsysupgrade.log 2>&1 &";

const NOT_VERIFIED: &str =
    "The image was not verified since it was uploaded. Verify it, or start with force.";
const NOT_TESTED: &str =
    "The image was not tested since it was uploaded. Test it, or start with force.";
const NOT_VALID: &str =
    "The router's check refuses the image. Use another image, or start with force.";
const NO_BACKUP: &str = "Settings cannot be kept with this image. Start without keeping them.";
const FAILED: &str = "The upgrade could not be started: /bin/sh cannot be run.";

pub(crate) struct Start;

impl Handler for Start {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        let wish = Wish::read(call.arguments()).ok_or(Status::InvalidArgument)?;
        match decide(wish, FINDINGS.get(), Identity::of(PATH)) {
            Ok(options) => launch(call, options),
            Err(why) => refuse(call, why),
        }
    }
}

/// What a person wants.
#[derive(Debug, Clone, Copy)]
struct Wish {
    keep: bool,
    force: bool,
}

impl Wish {
    /// Settings are lost or kept by decision, never by default: `keep` has to be there.
    fn read(arguments: Table<'_>) -> Option<Self> {
        let keep = arguments.boolean("keep")?;
        Some(Self {
            keep,
            force: arguments.boolean("force").unwrap_or(false),
        })
    }
}

/// Options of `sysupgrade`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Options {
    /// `-n`: settings are not kept.
    drop_settings: bool,
    /// `-F`: its own check may fail.
    skip_check: bool,
}

/// Whether to flash and how, or why not.
fn decide(wish: Wish, known: Findings, image: Option<Identity>) -> Result<Options, &'static str> {
    let image = image.ok_or(MISSING)?;
    let tested = known.tested.filter(|tested| tested.image == image);
    if !wish.force {
        if known.verified != Some(image) {
            return Err(NOT_VERIFIED);
        }
        if !tested.ok_or(NOT_TESTED)?.valid {
            return Err(NOT_VALID);
        }
    }
    if wish.keep && tested.is_some_and(|tested| !tested.allow_backup) {
        return Err(NO_BACKUP);
    }
    let valid = tested.is_some_and(|tested| tested.valid);
    Ok(Options {
        drop_settings: !wish.keep,
        skip_check: !valid,
    })
}

fn launch(call: &mut Call<'_>, options: Options) -> Result<(), Status> {
    match call.run(command(options, &mut [PATH; 7]), Launch) {
        Err(Status::NotFound) => refuse(call, FAILED),
        Err(Status::NoMemory) => refuse(call, BUSY),
        outcome => outcome,
    }
}

/// The command in `room`, which is filled with the image's path, the last word.
fn command<'a>(options: Options, room: &'a mut [&'static CStr; 7]) -> &'a [&'static CStr] {
    let flags: &[&CStr] = match (options.drop_settings, options.skip_check) {
        (false, false) => &[],
        (true, false) => &[c"-n"],
        (false, true) => &[c"-F"],
        (true, true) => &[c"-n", c"-F"],
    };
    let words = [c"/bin/sh", c"-c", SCRIPT, c"sysupgrade"];
    for (slot, word) in room.iter_mut().zip(words.iter().chain(flags)) {
        *slot = word;
    }
    room.get(..words.len() + flags.len() + 1)
        .unwrap_or_default()
}

/// The upgrade being started.
#[derive(Debug, Clone, Copy)]
struct Launch;

impl Job for Launch {
    fn done(self, output: &mut Output<'_>, reply: &mut Message) -> Result<(), Status> {
        if output.success {
            // What was allowed once is used up: a second click starts no second upgrade.
            FINDINGS.set(Findings::NONE);
        }
        write(reply, if output.success { Ok(()) } else { Err(FAILED) });
        Ok(())
    }
}

fn refuse(call: &mut Call<'_>, why: &str) -> Result<(), Status> {
    let mut reply = Message::new();
    write(&mut reply, Err(why));
    call.reply(&mut reply)
}

fn write(reply: &mut Message, outcome: Result<(), &str>) {
    reply.boolean("started", outcome.is_ok());
    if let Err(why) = outcome {
        reply.string("error", why);
    }
}

#[cfg(test)]
mod tests;
