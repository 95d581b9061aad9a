//! apk's database: entries of lines `P:name`, `V:version`, `g:tag tag…`, between blank lines.

use asu_rpcd_plugin::{Lines, Status};

use crate::package::{Package, Packages};
use crate::world::World;

/// The tag OpenWrt's build puts the ABI suffix into.
const ABI_TAG: &[u8] = b"openwrt:abiversion=";

/// Adds the packages of the database, all or only those in `world`.
pub(crate) fn read(
    mut lines: Lines,
    world: Option<&World>,
    packages: &mut Packages<'_>,
) -> Result<(), Status> {
    let mut package = Package::default();
    while let Some(line) = lines.next() {
        match line {
            [b'P', b':', name @ ..] => package.name.set(name),
            [b'V', b':', version @ ..] => package.version.set(version),
            [b'g', b':', tags @ ..] => package.abi.set(abi(tags)),
            line if line.iter().all(u8::is_ascii_whitespace) => {
                finish(&mut package, world, packages);
            }
            _ => {}
        }
    }
    // The last entry counts even if no blank line follows.
    finish(&mut package, world, packages);
    lines.outcome()
}

fn finish(package: &mut Package, world: Option<&World>, packages: &mut Packages<'_>) {
    if world.is_none_or(|world| asked_for(package, world)) {
        packages.add(package);
    }
    package.clear();
}

/// World may name a library with or without its ABI suffix.
fn asked_for(package: &Package, world: &World) -> bool {
    let full = package.name.as_str().is_some_and(|name| world.has(name));
    full || package.plain_name().is_some_and(|name| world.has(name))
}

fn abi(tags: &[u8]) -> &[u8] {
    let mut tags = tags.split(|byte| *byte == b' ');
    tags.find_map(|tag| tag.strip_prefix(ABI_TAG))
        .unwrap_or_default()
}
