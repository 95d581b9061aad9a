//! `rpcd-mod-packagelist`: the ubus object `packagelist`, which tells the packages of this router.
//!
//! Its one method, `list {all: bool = false}`, answers `{"packagelist": {NAME: VERSION}}` from the
//! database of apk, or of opkg if there is none of apk. Names are without ABI suffix, as a request
//! for another release needs them; without `all` only what a person has asked for is listed, not
//! what came as a dependency. It does not know what could be installed, and changes nothing.

#![cfg_attr(not(test), no_std)]

mod apk;
mod list;
mod opkg;
mod package;
mod world;

use asu_rpcd_plugin::{Argument, Call, Handler, Kind, Message, Method, Object, Status};

use crate::list::Databases;

static METHODS: [Method; 1] = [Method::new::<List>(c"list", &ARGUMENTS)];
static ARGUMENTS: [Argument; 1] = [Argument::new(c"all", Kind::Bool)];
static OBJECT: Object = Object::new(c"packagelist", &METHODS);

asu_rpcd_plugin::export!(OBJECT);

struct List;

impl Handler for List {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        // Anything but a boolean counts as absent, as rpcd's own methods have it.
        let all = call.arguments().boolean("all").unwrap_or(false);
        let mut reply = Message::new();
        list::write(&Databases::OF_THIS_ROUTER, all, &mut reply)?;
        call.reply(&mut reply)
    }
}
