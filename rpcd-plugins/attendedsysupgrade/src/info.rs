//! `info`: all a client needs to know about this router. What cannot be found out is left out.

use core::ffi::CStr;

use asu_rpcd_plugin::{Call, Handler, Lines, Message, Status, exists, free_space};

use crate::facts::{self, Fact, memory_value, shell_value};

/// Where the facts are.
pub(crate) struct Sources<'a> {
    pub(crate) release: &'a CStr,
    pub(crate) board_name: &'a CStr,
    pub(crate) model: &'a CStr,
    pub(crate) mounts: &'a CStr,
    pub(crate) efi: &'a CStr,
    pub(crate) apk: &'a CStr,
    pub(crate) opkg: &'a CStr,
    pub(crate) memory: &'a CStr,
    pub(crate) tmp: &'a CStr,
    pub(crate) overlay: &'a CStr,
    pub(crate) system: &'a CStr,
}

impl Sources<'static> {
    const OF_THIS_ROUTER: Self = Self {
        release: c"/etc/openwrt_release",
        board_name: c"/tmp/sysinfo/board_name",
        model: c"/tmp/sysinfo/model",
        mounts: c"/proc/mounts",
        efi: c"/sys/firmware/efi",
        apk: c"/lib/apk/db/installed",
        opkg: c"/usr/lib/opkg/status",
        memory: c"/proc/meminfo",
        tmp: c"/tmp",
        overlay: c"/overlay",
        system: c"/etc/config/system",
    };
}

pub(crate) struct Info;

impl Handler for Info {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        let mut reply = Message::new();
        write(&Sources::OF_THIS_ROUTER, &mut reply);
        call.reply(&mut reply)
    }
}

/// Field of the reply and key in `/etc/openwrt_release`.
const RELEASE: [(&str, &str); 5] = [
    ("distribution", "DISTRIB_ID"),
    ("version", "DISTRIB_RELEASE"),
    ("revision", "DISTRIB_REVISION"),
    ("target", "DISTRIB_TARGET"),
    ("arch", "DISTRIB_ARCH"),
];

/// Field of the reply and key in `/proc/meminfo`.
const MEMORY: [(&str, &str); 2] = [
    ("memory_total", "MemTotal"),
    ("memory_available", "MemAvailable"),
];

fn write(from: &Sources<'_>, reply: &mut Message) {
    write_release(from.release, reply);
    text(reply, "board_name", &facts::first_line(from.board_name));
    text(reply, "model", &facts::first_line(from.model));
    text(reply, "rootfs_type", &facts::rootfs_type(from.mounts));
    reply.boolean("efi", exists(from.efi));
    if let Some(manager) = package_manager(from) {
        reply.string("package_manager", manager);
    }
    number(reply, "tmp_free", free_space(from.tmp));
    write_memory(from.memory, reply);
    number(reply, "overlay_free", free_space(from.overlay));
    text(reply, "compat_version", &facts::compat_version(from.system));
}

fn write_release(path: &CStr, reply: &mut Message) {
    let Some(mut lines) = Lines::open(path) else {
        return;
    };
    while let Some(line) = lines.next() {
        for (field, key) in RELEASE {
            if let Some(value) = shell_value(line, key) {
                let mut fact = Fact::new();
                fact.set(value);
                text(reply, field, &fact);
            }
        }
    }
}

fn write_memory(path: &CStr, reply: &mut Message) {
    let Some(mut lines) = Lines::open(path) else {
        return;
    };
    while let Some(line) = lines.next() {
        for (field, key) in MEMORY {
            number(reply, field, memory_value(line, key));
        }
    }
}

fn package_manager(from: &Sources<'_>) -> Option<&'static str> {
    if exists(from.apk) {
        return Some("apk");
    }
    exists(from.opkg).then_some("opkg")
}

fn text(reply: &mut Message, field: &str, fact: &Fact) {
    if let Some(value) = fact.as_str() {
        reply.string(field, value);
    }
}

fn number(reply: &mut Message, field: &str, value: Option<u64>) {
    if let Some(value) = value {
        reply.number(field, value);
    }
}

#[cfg(test)]
mod tests;
