//! A package as both databases describe it, and the table of packages in a reply.

use asu_rpcd_plugin::{Message, OpenTable, Text};

/// One entry of a database while it is read. Names and versions are far shorter than the room for
/// them; an entry with a longer one is left out, because half a name is another package's name.
#[derive(Default)]
pub(crate) struct Package {
    pub(crate) name: Text<256>,
    pub(crate) version: Text<256>,
    pub(crate) abi: Text<64>,
}

impl Package {
    /// Forgets everything, for the next entry.
    pub(crate) fn clear(&mut self) {
        self.name.clear();
        self.version.clear();
        self.abi.clear();
    }

    /// The name without ABI suffix: `libubox20240329` with ABI `20240329` is `libubox`.
    pub(crate) fn plain_name(&self) -> Option<&str> {
        let name = self.name.as_str()?;
        let plain = self.abi.as_str().and_then(|abi| name.strip_suffix(abi));
        // A name that is nothing but its suffix is no suffix.
        Some(plain.filter(|plain| !plain.is_empty()).unwrap_or(name))
    }
}

/// The table `packagelist` of a reply.
pub(crate) struct Packages<'a> {
    reply: &'a mut Message,
    table: Option<OpenTable>,
}

impl<'a> Packages<'a> {
    /// Starts the table; it ends with the scope of what is returned.
    pub(crate) fn open(reply: &'a mut Message) -> Self {
        let table = Some(reply.open_table("packagelist"));
        Self { reply, table }
    }

    /// Adds a package, if it has a name and a version.
    ///
    /// Two ABI versions of one library have one name here. JSON readers let the last of two equal
    /// keys win, and so does this, without writing a key twice.
    pub(crate) fn add(&mut self, package: &Package) {
        let (Some(name), Some(version)) = (package.plain_name(), package.version.as_str()) else {
            return;
        };
        if let Some(table) = &self.table {
            self.reply.remove(table, name);
            self.reply.string(name, version);
        }
    }
}

impl Drop for Packages<'_> {
    fn drop(&mut self) {
        if let Some(table) = self.table.take() {
            self.reply.close_table(table);
        }
    }
}
