//! `rpcd-mod-attendedsysupgrade`: the ubus object `attendedsysupgrade`, which upgrades this router
//! with an image that somebody has put at `/tmp/firmware.bin`.
//!
//! - `info {}`: what this router is.
//! - `status {}`: how far an upgrade has come.
//! - `verify {sha256, signature?}`: whether the image arrived whole, and comes from whom it should.
//! - `test {}`: whether the router's own check accepts the image.
//! - `start {keep, force?}`: flashes it. Without `force` only what was verified and tested since
//!   the file last changed.
//! - `clean {}`: removes the image and forgets what is known of it.
//! - `sysupgrade {keep_settings}`: what clients of 2017 call, with `/tmp/sysupgrade.bin`.
//!
//! It does not fetch images, ask servers or know packages; that is for the browser and the server.

#![cfg_attr(not(test), no_std)]

mod check;
mod image;
mod info;
mod start;
mod text;
mod verify;
mod why;

use asu_rpcd_plugin::{Call, Names, Output, Reply, Single, Status, Word};

use crate::why::Why;

asu_rpcd_plugin::export! {
    "attendedsysupgrade" => answer,
    "info" {},
    "status" {},
    "clean" {},
    "verify" { "sha256": String, "signature": String },
    "test" {},
    "start" { "keep": Bool, "force": Bool },
    "sysupgrade" { "keep_settings": Bool },
}

// The methods by their place in the list above; `clean` is what is left.
const INFO: usize = 0;
const STATUS: usize = 1;
const VERIFY: usize = 3;
const TEST: usize = 4;
const START: usize = 5;
const LEGACY: usize = 6;

/// The method whose command runs.
static RUNNING: Single<usize> = Single::new(0);

fn answer(call: &mut Call<'_>) -> Result<(), Status> {
    let mut reply = call.begin();
    let method = call.method::<Exported>();
    let started = match method {
        VERIFY => verify::start(call),
        TEST => check::start(call),
        START => start::start(call),
        LEGACY => start::start_2017(call),
        _ => {
            match method {
                INFO => info::write(&mut reply),
                STATUS => reply.string(c"status", image::status()),
                _ => image::clean()?,
            }
            return call.reply(&reply);
        }
    };
    match started {
        Ok(()) => Ok(()),
        Err(Why::Invalid) => Err(Status::INVALID_ARGUMENT),
        Err(Why::Failed) => Err(Status::UNKNOWN_ERROR),
        Err(_) => {
            conclude(method, started, &mut reply);
            call.reply(&reply)
        }
    }
}

/// Runs the command of a method, of which there is one at a time.
fn run(call: &mut Call<'_>, method: usize, command: Names, more: &[Word<'_>]) -> Result<(), Why> {
    match call.run(command, more, done) {
        Ok(()) => RUNNING.set(method),
        Err(Status::NOT_FOUND) if method == TEST => return Err(Why::NoCheck),
        Err(Status::NOT_FOUND) => return Err(Why::NoShell),
        Err(Status::NO_MEMORY) => return Err(Why::Busy),
        Err(_) => return Err(Why::Failed),
    }
    Ok(())
}

/// A command has ended.
fn done(output: &Output<'_>, reply: &mut Reply) -> Result<(), Status> {
    let method = RUNNING.get();
    let outcome = match method {
        VERIFY => verify::done(output, reply),
        TEST => return check::done(output, reply),
        _ => start::done(output, method),
    };
    conclude(method, outcome, reply);
    Ok(())
}

/// Writes whether a method has done what it should, and why not.
fn conclude(method: usize, outcome: Result<(), Why>, reply: &mut Reply) {
    let success = outcome.is_ok();
    let mut field = c"error";
    match method {
        VERIFY => reply.boolean(c"valid", success),
        TEST => check::write_refusal(reply),
        START => reply.boolean(c"started", success),
        _ => field = c"message",
    }
    let text = match outcome {
        Err(why) => why.text(),
        Ok(()) if method == LEGACY => b"starting sysupgrade",
        Ok(()) => return,
    };
    reply.string(field, text);
}

#[cfg(test)]
mod tests;
