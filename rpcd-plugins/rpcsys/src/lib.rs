//! `rpcd-mod-rpcsys-compat`: the methods of the ubus object `rpc-sys` that upgrade clients call, in
//! the shapes of rpcd's own `rpcd-mod-rpcsys`, for routers without that.
//!
//! - `packagelist {all: bool = false}` -> `{"packages": {NAME: VERSION}}`.
//! - `upgrade_test {}` -> `{"code", "stdout", "stderr"}` of `sysupgrade --test /tmp/firmware.bin`.
//! - `upgrade_start {keep}`: flashes `/tmp/firmware.bin`; settings are lost unless `keep`.
//! - `upgrade_clean {}`: removes `/tmp/firmware.bin`.
//!
//! Beside `rpcd-mod-rpcsys` it does nothing: ubus takes a name once. It does not set passwords,
//! reset or reboot.

#![cfg_attr(not(test), no_std)]

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Names, Output, Reply, Status, Word, exists, remove};

asu_rpcd_plugin::export! {
    "rpc-sys" => answer,
    "packagelist" { "all": Bool },
    "upgrade_test" {},
    "upgrade_start" { "keep": Bool },
    "upgrade_clean" {},
}

const PATH: &CStr = c"/tmp/firmware.bin";

const TEST: Names = Names::new(b"/sbin/sysupgrade\0--test\0/tmp/firmware.bin\0\0");

/// As rpcd does it: two seconds for the reply to leave before the router goes down.
const START: Names = Names::new(
    b"/bin/sh\0-c\0(sleep 2;exec /sbin/sysupgrade \"$@\")</dev/null >/dev/null 2>&1 &\0sysupgrade\0\0",
);

fn answer(call: &mut Call<'_>) -> Result<(), Status> {
    match call.method::<Exported>() {
        0 => asu_rpcd_packages::answer(call, b"packages"),
        1 => call.run_plainly(TEST),
        2 => start(call),
        _ if exists(PATH) => remove(PATH),
        _ => Err(Status::NOT_FOUND),
    }
}

fn start(call: &mut Call<'_>) -> Result<(), Status> {
    let words = [Word::new(c"-n"), Word::new(PATH)];
    let keep = call.arguments().boolean(b"keep") == Some(true);
    call.run(
        START,
        words.get(usize::from(keep)..).unwrap_or(&words),
        done,
    )
}

/// The shell has ended, and sysupgrade waits; there is nothing to tell. rpcd's `exec` sends this
/// nothing as an empty table, where rpcd's own module sends only the status; it has no other way to
/// end well, and over HTTP both look the same.
#[expect(clippy::unnecessary_wraps, reason = "the form of every end")]
fn done(_: &Output<'_>, _: &mut Reply) -> Result<(), Status> {
    Ok(())
}
