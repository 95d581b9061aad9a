//! opkg's database: entries of lines `Key: value`, between blank lines.

use asu_rpcd_plugin::{Lines, Status};

use crate::package::{Package, Packages};

#[derive(Default)]
struct Entry {
    package: Package,
    installed: bool,
    automatic: bool,
}

/// Adds the packages of the database, all or only those that did not come as a dependency.
pub(crate) fn read(mut lines: Lines, all: bool, packages: &mut Packages<'_>) -> Result<(), Status> {
    let mut entry = Entry::default();
    while let Some(line) = lines.next() {
        if line.iter().all(u8::is_ascii_whitespace) {
            entry.finish(all, packages);
        } else {
            entry.take(line);
        }
    }
    // The last entry counts even if no blank line follows.
    entry.finish(all, packages);
    lines.outcome()
}

impl Entry {
    fn take(&mut self, line: &[u8]) {
        let value = |key: &[u8]| line.strip_prefix(key).map(<[u8]>::trim_ascii);
        if let Some(name) = value(b"Package:") {
            self.package.name.set(name);
        } else if let Some(version) = value(b"Version:") {
            self.package.version.set(version);
        } else if let Some(abi) = value(b"ABIVersion:") {
            self.package.abi.set(abi);
        } else if let Some(status) = value(b"Status:") {
            // Three words: wanted, flags, state. "not-installed" is another word.
            self.installed = status.ends_with(b" installed");
        } else if let Some(automatic) = value(b"Auto-Installed:") {
            self.automatic = automatic == b"yes";
        }
    }

    fn finish(&mut self, all: bool, packages: &mut Packages<'_>) {
        if self.installed && (all || !self.automatic) {
            packages.add(&self.package);
        }
        self.package.clear();
        (self.installed, self.automatic) = (false, false);
    }
}
