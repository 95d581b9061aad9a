//! Chooses the database and writes the reply.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, File, Lines, Message, Status, Window};

use crate::entry::Entry;
use crate::table::Packages;
use crate::world::World;

/// apk's database.
const APK: &CStr = c"/lib/apk/db/installed";
/// What apk was asked to install.
const WORLD: &CStr = c"/etc/apk/world";
/// opkg's database.
const OPKG: &CStr = c"/usr/lib/opkg/status";

/// Answers a call with the packages of this router, in a table of that name.
pub fn answer(call: &mut Call<'_>, table: &[u8]) -> Result<(), Status> {
    // Anything but a boolean counts as absent, as rpcd's own methods have it.
    let all = call.arguments().boolean(b"all").unwrap_or(false);
    let mut reply = Message::new();
    write(all, table, &mut reply)?;
    call.send(&mut reply)
}

/// Writes the packages, all or only those a person has asked for, as a table of that name.
///
/// [`Status::NOT_FOUND`] if there is no database, or no list of what apk was asked for.
pub fn write(all: bool, table: &[u8], reply: &mut Message) -> Result<(), Status> {
    let mut window = Window::new();
    let apk = File::open(APK);
    let with_apk = apk.is_some();
    let world = if with_apk && !all {
        Some(World::read(WORLD, &mut window)?)
    } else {
        None
    };
    let file = apk.or_else(|| File::open(OPKG)).ok_or(Status::NOT_FOUND)?;
    let mut lines = Lines::new(file, &mut window);
    let mut packages = Packages::open(reply, table);
    let mut entry = Entry::new();
    loop {
        let line = lines.next();
        // The last entry counts even if no blank line follows.
        let last = line.is_none();
        let line = line.unwrap_or_default();
        if !line.iter().all(|byte| *byte <= b' ') {
            if entry.take(line) {
                lines.skim();
            }
            continue;
        }
        let wanted = match &world {
            Some(world) => world.wants(&entry),
            None => with_apk || entry.installed && (all || !entry.automatic),
        };
        if wanted {
            packages.add(&entry);
        }
        entry.clear();
        if last {
            break;
        }
    }
    packages.close();
    lines.outcome()
}

#[cfg(test)]
mod tests;
