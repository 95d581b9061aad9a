//! The plugins as rpcd loads them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use object::elf::{DF_1_NOW, DT_FLAGS_1, DT_NEEDED, FileHeader64, PF_W, PT_GNU_RELRO, PT_LOAD};
use object::read::elf::{Dyn, ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};

/// All a plugin may ask of rpcd and what rpcd has loaded. `abort` is not among it: only a reachable
/// panic asks for that.
const IMPORTS: [&str; 19] = [
    "bcmp",
    "blobmsg_add_field",
    "blobmsg_add_json_from_string",
    "close",
    "free",
    "memchr",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "open",
    "read",
    "realloc",
    "statvfs",
    "statx",
    "strlen",
    "ubus_add_object",
    "ubus_send_reply",
    "unlink",
];

/// Most bytes a file may have; a change that needs more has to say so here.
const SIZES: [(&str, u64); 3] = [
    ("packagelist", 6_400),
    ("attendedsysupgrade", 11_600),
    ("rpcsys_compat", 7_800),
];

/// The release build, made once.
static FILES: LazyLock<Vec<(PathBuf, Vec<u8>, u64)>> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release-build");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(workspace)
        .status();
    assert!(status.unwrap().success());
    let file = |(name, size): (&str, u64)| {
        let path = target.join(format!("release/librpcd_mod_{name}.so"));
        let bytes = fs::read(&path).unwrap();
        (path, bytes, size)
    };
    SIZES.map(file).into()
});

fn each(check: impl Fn(&Path, &ElfFile64<'_, Endianness>)) {
    for (path, bytes, _) in FILES.iter() {
        check(path, &ElfFile64::parse(&**bytes).unwrap());
    }
}

#[test]
fn nothing_else_is_imported() {
    each(|path, file| {
        for symbol in file.dynamic_symbols().filter(ObjectSymbol::is_undefined) {
            let name = symbol.name().unwrap();
            assert!(IMPORTS.contains(&name), "{} imports {name}", path.display());
        }
    });
}

#[test]
fn only_the_registration_is_exported_and_writable() {
    each(|path, file| {
        let exported: Vec<_> = file
            .dynamic_symbols()
            .filter(ObjectSymbol::is_definition)
            .collect();
        let names: Vec<_> = exported
            .iter()
            .map(|symbol| symbol.name().unwrap())
            .collect();
        assert_eq!(names, ["rpc_plugin"], "{}", path.display());
        // rpcd writes into it: in constant or relocated-then-protected memory it would end there.
        assert!(writable(file, exported[0].address()), "{}", path.display());
    });
}

fn writable(file: &ElfFile64<'_, Endianness>, address: u64) -> bool {
    let within =
        |header: &<FileHeader64<Endianness> as object::read::elf::FileHeader>::ProgramHeader| {
            let start = header.p_vaddr(Endianness::Little);
            (start..start + header.p_memsz(Endianness::Little)).contains(&address)
        };
    let kind = |kind: u32| {
        file.elf_program_headers()
            .iter()
            .filter(move |h| h.p_type(Endianness::Little) == kind)
    };
    kind(PT_LOAD).any(|h| within(h) && h.p_flags(Endianness::Little) & PF_W != 0)
        && !kind(PT_GNU_RELRO).any(within)
}

#[test]
fn symbols_are_bound_when_loaded_and_no_library_is_needed() {
    each(|path, file| {
        let endian = Endianness::Little;
        let data = file.data();
        let headers = file.elf_program_headers().iter();
        let mut tables = headers.filter_map(|header| header.dynamic(endian, data).unwrap());
        let entries = tables.next().unwrap();
        let has = |tag: u32, bits: u64| {
            entries.iter().any(|entry| {
                entry.d_tag(endian) == u64::from(tag) && entry.d_val(endian) & bits == bits
            })
        };
        assert!(has(DT_FLAGS_1, DF_1_NOW.into()), "{}", path.display());
        assert!(!has(DT_NEEDED, 0), "{}", path.display());
    });
}

#[test]
fn sizes_stay_in_their_budget() {
    for (path, bytes, most) in FILES.iter() {
        let size = bytes.len() as u64;
        assert!(
            size <= *most,
            "{} has {size} bytes, {most} are allowed",
            path.display()
        );
    }
}
