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
    seen: Seen,
}

impl<'a> Packages<'a> {
    /// Starts the table; it ends with the scope of what is returned.
    pub(crate) fn open(reply: &'a mut Message) -> Self {
        let table = Some(reply.open_table("packagelist"));
        Self {
            reply,
            table,
            seen: Seen::new(),
        }
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
            if self.seen.perhaps(name) {
                self.reply.remove(table, name);
            }
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

/// Which names may have been written already: one bit for each hash. Nearly every name is new, and
/// walking through the whole reply for each takes a slow router a second for 1000 packages.
struct Seen {
    bits: [u8; 4096],
}

impl Seen {
    const fn new() -> Self {
        Self { bits: [0; 4096] }
    }

    /// False if the name was never given before; true if it was, and rarely if it was not.
    fn perhaps(&mut self, name: &str) -> bool {
        let hash = name.bytes().fold(FNV_OFFSET, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME)
        });
        // The upper bits are mixed best: 12 choose the byte, the 3 below them the bit in it.
        let place = (hash >> 20) as usize;
        let bit = 1u8 << ((hash >> 17) & 7);
        let Some(byte) = self.bits.get_mut(place) else {
            return true;
        };
        let before = *byte;
        *byte |= bit;
        before & bit != 0
    }
}

/// The constants of FNV-1a for 32 bits.
const FNV_OFFSET: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;
