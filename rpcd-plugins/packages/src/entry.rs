//! One entry of a database while it is read: lines between blank lines.
//!
//! apk writes `P:name`, `V:version` and `g:tag tag…`, opkg `Package: name` and so on. No line of one
//! means anything in the other, so both are read the same way.

use asu_rpcd_plugin::{Names, Text};

/// The tag OpenWrt's build puts the ABI suffix into.
const ABI_TAG: &[u8] = b"openwrt:abiversion=";

/// Beginnings of lines in opkg's database; their order is that in [`Entry::take`].
const OPKG: Names =
    Names::new(b"Package:\0Version:\0ABIVersion:\0Status:\0Auto-Installed: yes\0\0");

/// What is known of a package so far. An entry whose name or version does not fit is left out.
pub(crate) struct Entry {
    /// Name, version and ABI suffix.
    texts: [Text; 3],
    /// Whether opkg says that it is installed; with apk every entry is.
    pub(crate) installed: bool,
    /// Whether opkg says that it came as a dependency; with apk the world tells.
    pub(crate) automatic: bool,
}

impl Entry {
    /// Nothing is known.
    pub(crate) const fn new() -> Self {
        Self {
            texts: [const { Text::new() }; 3],
            installed: false,
            automatic: false,
        }
    }

    /// Forgets everything, for the next entry.
    pub(crate) fn clear(&mut self) {
        for text in &mut self.texts {
            text.clear();
        }
        (self.installed, self.automatic) = (false, false);
    }

    /// Takes what a line says. With apk that is a letter and a colon.
    ///
    /// True for a line of apk's list of files: that is the rest of an entry, and most of it.
    pub(crate) fn take(&mut self, line: &[u8]) -> bool {
        let (number, value) = match line {
            [letter, b':', value @ ..] => match letter {
                b'P' => (0, value),
                b'V' => (1, value),
                b'g' => (2, abi(value)),
                _ => return *letter == b'F',
            },
            _ => self.take_opkg(line),
        };
        if let Some(text) = self.texts.get_mut(number) {
            text.set_word(value);
        }
        false
    }

    fn take_opkg<'a>(&mut self, line: &'a [u8]) -> (usize, &'a [u8]) {
        let mut number = 0;
        for key in OPKG {
            if let Some(value) = line.strip_prefix(key.to_bytes()) {
                if number == 3 {
                    // Three words: wanted, flags, state. "not-installed" is another word.
                    self.installed = value.ends_with(b" installed");
                }
                self.automatic |= number == 4;
                return (number, value);
            }
            number += 1;
        }
        (number, line)
    }

    /// The name as it stands in the database.
    pub(crate) fn name(&self) -> &[u8] {
        self.texts[0].as_bytes()
    }

    /// The version.
    pub(crate) fn version(&self) -> &[u8] {
        self.texts[1].as_bytes()
    }

    /// The name without ABI suffix: `libubox20240329` with ABI `20240329` is `libubox`.
    pub(crate) fn plain_name(&self) -> &[u8] {
        let name = self.name();
        match name.strip_suffix(self.texts[2].as_bytes()) {
            // A name that is nothing but its suffix is no suffix.
            Some(plain) if !plain.is_empty() => plain,
            _ => name,
        }
    }
}

/// The ABI suffix among the tags; empty if there is none.
fn abi(tags: &[u8]) -> &[u8] {
    let mut tags = tags.split(|byte| *byte == b' ');
    tags.find_map(|tag| tag.strip_prefix(ABI_TAG))
        .unwrap_or_default()
}
