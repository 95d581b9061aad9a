//! `info`: all a client needs to know about this router. What cannot be found out is left out.

use core::ffi::CStr;

use asu_rpcd_plugin::{File, Names, Reply, ShortLines, device, exists, free_space};

use crate::text::trim;

/// Files to read line by line; the order is that in [`Facts::take`].
const FILES: Names = Names::new(
    b"/etc/openwrt_release\0/proc/meminfo\0/tmp/sysinfo/board_name\0/tmp/sysinfo/model\0\
    /proc/mounts\0/etc/config/system\0/proc/partitions\0\0",
);

/// What lines start with, and the fields for what follows: text, or kB behind a colon.
const KEYS: Names = Names::new(
    b"DISTRIB_ID=\0distribution\0DISTRIB_RELEASE=\0version\0DISTRIB_REVISION=\0revision\0\
    DISTRIB_TARGET=\0target\0DISTRIB_ARCH=\0arch\0\
    MemTotal:\0memory_total\0MemAvailable:\0memory_available\0\0",
);

/// Folders whose filesystem's free space is told, and the fields.
const SPACES: Names = Names::new(b"/tmp\0tmp_free\0/overlay\0overlay_free\0\0");

/// Files that tell the package manager, and their names.
const MANAGERS: Names = Names::new(b"/lib/apk/db/installed\0apk\0/usr/lib/opkg/status\0opkg\0\0");

pub(crate) fn write(reply: &mut Reply) {
    let mut facts = Facts {
        reply,
        inside: false,
        compat_version: false,
        // `/rom` is the root as it was installed, also where it is a plain folder of it; MTD
        // partitions and UBI volumes with a filesystem are block devices as well. None has 0, 0.
        device: device(c"/rom").unwrap_or_default(),
    };
    for (number, path) in FILES.enumerate() {
        facts.read(number, path);
    }
    if !facts.compat_version {
        facts.reply.string(c"compat_version", b"1.0");
    }
    reply.boolean(c"efi", exists(c"/sys/firmware/efi"));
    let mut spaces = SPACES;
    while let (Some(path), Some(field)) = (spaces.next(), spaces.next()) {
        if let Some(space) = free_space(path) {
            reply.number(field, space);
        }
    }
    let mut managers = MANAGERS;
    while let (Some(path), Some(name)) = (managers.next(), managers.next()) {
        if exists(path) {
            reply.string(c"package_manager", name.to_bytes());
            break;
        }
    }
}

struct Facts<'a> {
    reply: &'a mut Reply,
    /// Whether the line is one of the first section `system`.
    inside: bool,
    /// Whether the version was there.
    compat_version: bool,
    /// Major and minor number of the root's device.
    device: (u32, u32),
}

impl Facts<'_> {
    /// Reads a file until enough is known.
    fn read(&mut self, number: usize, path: &CStr) {
        if let Some(file) = File::open(path) {
            let mut lines = ShortLines::new(file);
            let mut line = [0; _];
            while let Some(line) = lines.next(&mut line) {
                if self.take(number, line) {
                    break;
                }
            }
        }
    }

    /// Takes what a line of the file of that number says; true if no other matters.
    // Not among the variables of its caller, whose files need kilobytes of them.
    #[inline(never)]
    fn take(&mut self, number: usize, line: &[u8]) -> bool {
        let [first, second, third] = words(line);
        let (field, value) = match number {
            0 | 1 => return self.take_key(line, second),
            2 => (c"board_name", line),
            3 => (c"model", line),
            // What was installed is the read-only part, which the kernel lists first. Its own
            // first root and the sum of two others are not.
            4 if is(second, b"/rom")
                || is(second, b"/") && !is(third, b"rootfs") && !is(third, b"overlay") =>
            {
                (c"rootfs_type", third)
            }
            5 if is(first, b"config") => {
                let before = self.inside;
                self.inside = is(second, b"system");
                return before;
            }
            5 if self.inside && is(second, b"compat_version") => {
                self.compat_version = true;
                (c"compat_version", third)
            }
            6 if (number_of(first), number_of(second)) == self.device => {
                self.size(c"rootfs_size", third);
                return true;
            }
            _ => return false,
        };
        self.text(field, value);
        true
    }

    /// Takes what may stand in any line, whose second word is that; so false.
    fn take_key(&mut self, line: &[u8], second: &[u8]) -> bool {
        let mut keys = KEYS;
        while let (Some(key), Some(field)) = (keys.next(), keys.next()) {
            let key = key.to_bytes();
            if let Some(value) = line.strip_prefix(key) {
                if key.ends_with(b":") {
                    self.size(field, second);
                } else {
                    self.text(field, value);
                }
            }
        }
        false
    }

    /// Writes a text, unless it is empty.
    fn text(&mut self, field: &CStr, value: &[u8]) {
        let value = trim(value, true);
        if !value.is_empty() {
            self.reply.string(field, value);
        }
    }

    /// Writes a number of kB in bytes, unless there is none.
    fn size(&mut self, field: &CStr, text: &[u8]) {
        let number = number_of(text);
        if number != 0 {
            self.reply.number(field, u64::from(number) << 10);
        }
    }
}

/// The number in front of `text`; 0 if there is none. 32 bits of kB are more than any router has.
#[inline(never)]
fn number_of(text: &[u8]) -> u32 {
    let mut number = 0u64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
        if number >> 32 != 0 {
            return 0;
        }
    }
    u32::try_from(number).unwrap_or_default()
}

/// The first words of a line, without quotes; empty where there are none.
#[inline(never)]
fn words(line: &[u8]) -> [&[u8]; 3] {
    let mut words = [&[][..]; 3];
    let all = line.split(|byte| matches!(*byte, 0..=b' ' | b'\'' | b'"'));
    let all = all.filter(|word| !word.is_empty());
    for (slot, word) in words.iter_mut().zip(all) {
        *slot = word;
    }
    words
}

/// Whether a word is that one. One comparison for all: written out in each place they are longer.
#[inline(never)]
fn is(word: &[u8], other: &[u8]) -> bool {
    word == other
}

#[cfg(test)]
mod tests;
