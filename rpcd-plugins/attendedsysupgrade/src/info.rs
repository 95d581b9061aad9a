//! `info`: all a client needs to know about this router. What cannot be found out is left out.

use core::ffi::CStr;

use asu_rpcd_plugin::{File, Lines, Names, Reply, Window, device, exists, free_space};

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
        // partitions and UBI volumes with a filesystem are block devices as well.
        device: device(c"/rom"),
    };
    let mut window = Window::new();
    for (number, path) in FILES.enumerate() {
        facts.read(number, path, &mut window);
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
    device: Option<(u32, u32)>,
}

impl Facts<'_> {
    /// Reads a file until enough is known.
    fn read(&mut self, number: usize, path: &CStr, window: &mut Window) {
        if let Some(file) = File::open(path) {
            let mut lines = Lines::new(file, window);
            while let Some(line) = lines.next() {
                if self.take(number, line) {
                    break;
                }
            }
        }
    }

    /// Takes what a line of the file of that number says; true if no other matters.
    fn take(&mut self, number: usize, line: &[u8]) -> bool {
        match number {
            0 | 1 => {
                self.take_key(line);
                false
            }
            2 => self.text(c"board_name", line),
            3 => self.text(c"model", line),
            4 => {
                let (place, kind) = (word(line, 1), word(line, 2));
                // What was installed is the read-only part, which the kernel lists first. Its own
                // first root and the sum of two others are not.
                let found =
                    place == b"/rom" || place == b"/" && kind != b"rootfs" && kind != b"overlay";
                found && self.text(c"rootfs_type", kind)
            }
            5 => self.take_config(line),
            _ => {
                let found = self.device.is_some_and(|(major, minor)| {
                    number_of(word(line, 0)) == Some(major)
                        && number_of(word(line, 1)) == Some(minor)
                });
                if found {
                    self.size(c"rootfs_size", word(line, 2));
                }
                found
            }
        }
    }

    fn take_key(&mut self, line: &[u8]) {
        let mut keys = KEYS;
        while let (Some(key), Some(field)) = (keys.next(), keys.next()) {
            let key = key.to_bytes();
            if let Some(value) = line.strip_prefix(key) {
                if key.ends_with(b":") {
                    self.size(field, value);
                } else {
                    self.text(field, value);
                }
            }
        }
    }

    fn take_config(&mut self, line: &[u8]) -> bool {
        let second = word(line, 1);
        if word(line, 0) == b"config" {
            let before = self.inside;
            self.inside = second == b"system";
            return before;
        }
        let found = self.inside && second == b"compat_version";
        if found {
            self.compat_version = self.text(c"compat_version", word(line, 2));
        }
        found
    }

    /// Writes a text, unless it is empty; true.
    fn text(&mut self, field: &CStr, value: &[u8]) -> bool {
        let value = unquote(value);
        if !value.is_empty() {
            self.reply.string(field, value);
        }
        true
    }

    /// Writes a number of kB in bytes.
    fn size(&mut self, field: &CStr, text: &[u8]) {
        if let Some(number) = number_of(unquote(text)) {
            self.reply.number(field, u64::from(number) << 10);
        }
    }
}

/// The number in front of `text`; none if there is none. 32 bits of kB are more than any router has.
#[inline(never)]
fn number_of(text: &[u8]) -> Option<u32> {
    let mut number = None;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        let ten = number.unwrap_or(0u32).checked_mul(10)?;
        number = Some(ten.checked_add(digit.into())?);
    }
    number
}

/// The word of that number in a line, counted from 0, without quotes; empty if there is none.
#[inline(never)]
fn word(line: &[u8], number: usize) -> &[u8] {
    let words = line.split(|byte| *byte <= b' ');
    let mut words = words.filter(|word| !word.is_empty());
    unquote(words.nth(number).unwrap_or_default())
}

/// A value without the spaces and quotes around it.
#[inline(never)]
fn unquote(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\'' | b'"', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\'' | b'"'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests;
