//! The processors OpenWrt runs on.

use anyhow::anyhow;
use asu_rpcd_built::Kind;
use asu_rpcd_built::object::elf;

/// A router's processor and C library, and how files for it are linked.
#[derive(Debug)]
pub(crate) struct Target {
    /// Its name in Rust.
    pub(crate) triple: &'static str,
    /// What `ld.lld -m` calls it.
    pub(crate) emulation: &'static str,
    /// What its files say of themselves.
    pub(crate) kind: Kind,
}

const fn target(
    triple: &'static str,
    emulation: &'static str,
    (machine, wide, big_endian): (u16, bool, bool),
) -> Target {
    Target {
        triple,
        emulation,
        kind: Kind {
            machine,
            wide,
            big_endian,
        },
    }
}

/// Every target the plugins are built for.
pub(crate) const TARGETS: [Target; 10] = [
    target(
        "mips-unknown-linux-musl",
        "elf32btsmip",
        (elf::EM_MIPS, false, true),
    ),
    target(
        "mipsel-unknown-linux-musl",
        "elf32ltsmip",
        (elf::EM_MIPS, false, false),
    ),
    target(
        "arm-unknown-linux-musleabi",
        "armelf_linux_eabi",
        (elf::EM_ARM, false, false),
    ),
    target(
        "armv7-unknown-linux-musleabihf",
        "armelf_linux_eabi",
        (elf::EM_ARM, false, false),
    ),
    target(
        "aarch64-unknown-linux-musl",
        "aarch64linux",
        (elf::EM_AARCH64, true, false),
    ),
    target(
        "x86_64-unknown-linux-musl",
        "elf_x86_64",
        (elf::EM_X86_64, true, false),
    ),
    target(
        "i586-unknown-linux-musl",
        "elf_i386",
        (elf::EM_386, false, false),
    ),
    target(
        "riscv64gc-unknown-linux-musl",
        "elf64lriscv",
        (elf::EM_RISCV, true, false),
    ),
    target(
        "powerpc-unknown-linux-musl",
        "elf32ppclinux",
        (elf::EM_PPC, false, true),
    ),
    target(
        "mips64-unknown-linux-muslabi64",
        "elf64btsmip",
        (elf::EM_MIPS, true, true),
    ),
];

/// The target of that name.
pub(crate) fn find(triple: &str) -> anyhow::Result<&'static Target> {
    let found = TARGETS.iter().find(|target| target.triple == triple);
    found.ok_or_else(|| {
        let known: Vec<&str> = TARGETS.iter().map(|target| target.triple).collect();
        anyhow!(
            "the plugins are not built for {triple}; known are {}",
            known.join(", ")
        )
    })
}

impl Target {
    /// How `ld.lld` is to write the table by which the loader finds symbols: the GNU form is
    /// smaller, but MIPS wants its symbols in another order than that form does.
    pub(crate) fn hash_style(&self) -> &'static str {
        if self.kind.machine == elf::EM_MIPS {
            "--hash-style=sysv"
        } else {
            "--hash-style=gnu"
        }
    }

    /// Whether a relocation adds to what is in its place, rather than to a number of its own.
    pub(crate) fn adds_in_place(&self) -> bool {
        let place = [elf::EM_MIPS, elf::EM_ARM, elf::EM_386];
        place.contains(&self.kind.machine)
    }
}
