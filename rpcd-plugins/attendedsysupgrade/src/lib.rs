//! `rpcd-mod-attendedsysupgrade`: the ubus object `attendedsysupgrade`, which upgrades this router
//! with an image that somebody has put at `/tmp/firmware.bin`.
//!
//! - `info {}`: what this router is.
//! - `verify {sha256}`: whether the image arrived whole.
//! - `test {}`: whether the router's own check accepts the image.
//! - `start {keep, force?}`: flashes it. Without `force` only what was verified and tested since
//!   the file last changed.
//! - `clean {}`: removes the image and forgets what is known of it.
//!
//! It does not fetch images, ask servers or know packages; that is for the browser and the server.

#![cfg_attr(not(test), no_std)]

mod clean;
mod facts;
mod image;
mod info;
mod start;
mod test;
mod verify;

use asu_rpcd_plugin::{Argument, Kind, Method, Object};

static METHODS: [Method; 5] = [
    Method::new::<info::Info>(c"info", &[]),
    Method::new::<verify::Verify>(c"verify", &VERIFY),
    Method::new::<test::Test>(c"test", &[]),
    Method::new::<start::Start>(c"start", &START),
    Method::new::<clean::Clean>(c"clean", &[]),
];
static VERIFY: [Argument; 1] = [Argument::new(c"sha256", Kind::String)];
static START: [Argument; 2] = [
    Argument::new(c"keep", Kind::Bool),
    Argument::new(c"force", Kind::Bool),
];
static OBJECT: Object = Object::new(c"attendedsysupgrade", &METHODS);

asu_rpcd_plugin::export!(OBJECT);
