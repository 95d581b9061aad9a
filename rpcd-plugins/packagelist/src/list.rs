//! Chooses the database and writes the reply.

use core::ffi::CStr;

use asu_rpcd_plugin::{Lines, Message, Status};

use crate::package::Packages;
use crate::world::World;
use crate::{apk, opkg};

/// Where package managers keep what they have installed.
pub(crate) struct Databases<'a> {
    /// apk's database.
    pub(crate) apk: &'a CStr,
    /// What apk was asked to install.
    pub(crate) world: &'a CStr,
    /// opkg's database.
    pub(crate) opkg: &'a CStr,
}

impl Databases<'static> {
    /// The paths OpenWrt uses.
    pub(crate) const OF_THIS_ROUTER: Self = Self {
        apk: c"/lib/apk/db/installed",
        world: c"/etc/apk/world",
        opkg: c"/usr/lib/opkg/status",
    };
}

/// Writes the packages, all or only those a person has asked for.
///
/// [`Status::NotFound`] if there is no database, or no list of what apk was asked for.
pub(crate) fn write(from: &Databases<'_>, all: bool, reply: &mut Message) -> Result<(), Status> {
    if let Some(lines) = Lines::open(from.apk) {
        let world = if all {
            None
        } else {
            Some(World::read(from.world)?)
        };
        return apk::read(lines, world.as_ref(), &mut Packages::open(reply));
    }
    let lines = Lines::open(from.opkg).ok_or(Status::NotFound)?;
    opkg::read(lines, all, &mut Packages::open(reply))
}

#[cfg(test)]
mod tests;
