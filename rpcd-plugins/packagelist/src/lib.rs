//! `rpcd-mod-packagelist`: the ubus object `packagelist`, which tells the packages of this router.
//!
//! Its one method, `list {all: bool = false}`, answers `{"packagelist": {NAME: VERSION}}` from the
//! database of apk, or of opkg if there is none of apk. Names are without ABI suffix, as a request
//! for another release needs them; without `all` only what a person has asked for is listed, not
//! what came as a dependency. It does not know what could be installed, and changes nothing.

#![cfg_attr(not(test), no_std)]

use asu_rpcd_plugin::{Call, Status};

asu_rpcd_plugin::export! {
    "packagelist" => answer,
    "list" { "all": Bool },
}

fn answer(call: &mut Call<'_>) -> Result<(), Status> {
    asu_rpcd_packages::answer(call, b"packagelist")
}
