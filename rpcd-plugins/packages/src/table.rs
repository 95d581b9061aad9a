//! The table of packages in a reply.

use asu_rpcd_plugin::{Message, OpenTable};

use crate::entry::Entry;
use crate::filter::Filter;

/// The table while it is written.
pub(crate) struct Packages<'a> {
    reply: &'a mut Message,
    table: OpenTable,
    seen: Filter,
}

impl<'a> Packages<'a> {
    /// Starts the table.
    pub(crate) fn open(reply: &'a mut Message, name: &[u8]) -> Self {
        let table = reply.open_table(name);
        Self {
            reply,
            table,
            seen: Filter::new(),
        }
    }

    /// Adds a package, if it has a name and a version.
    ///
    /// Two ABI versions of one library have one name here. JSON readers let the last of two equal
    /// keys win, and so does this, without writing a key twice.
    pub(crate) fn add(&mut self, package: &Entry) {
        let (name, version) = (package.plain_name(), package.version());
        if name.is_empty() || version.is_empty() {
            return;
        }
        if self.seen.note(name) {
            self.reply.remove(&self.table, name);
        }
        self.reply.string(name, version);
    }

    /// Ends the table.
    pub(crate) fn close(self) {
        self.reply.close_table(self.table);
    }
}
