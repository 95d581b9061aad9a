//! The plugins as rpcd of this machine loads them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use asu_rpcd_built::object::elf::{EM_AARCH64, EM_X86_64};
use asu_rpcd_built::{Kind, inspect, panics};

/// Most bytes a file may have; a change that needs more has to say so here.
const SIZES: [(&str, u64); 3] = [
    ("packagelist", 6_400),
    ("attendedsysupgrade", 10_230),
    ("rpcsys_compat", 7_850),
];

/// What files for this machine say.
const HERE: Kind = Kind {
    machine: if cfg!(target_arch = "aarch64") {
        EM_AARCH64
    } else {
        EM_X86_64
    },
    wide: true,
    big_endian: false,
};

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

#[test]
fn rpcd_can_load_them() {
    for (path, bytes, _) in FILES.iter() {
        assert_eq!(inspect(bytes, HERE), Ok(()), "{}", path.display());
    }
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

#[test]
fn another_processors_file_is_told() {
    let other = Kind {
        big_endian: true,
        ..HERE
    };
    for (path, bytes, _) in FILES.iter() {
        let faults = inspect(bytes, other).unwrap_err();
        assert_eq!(
            faults,
            ["it is for another processor"],
            "{}",
            path.display()
        );
    }
}

/// The C library of this machine has what a plugin must not have.
#[test]
fn an_ordinary_library_is_refused() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let path = maps.lines().find_map(|line| {
        let path = line.split_whitespace().last()?;
        path.contains("/libc.so").then_some(path)
    });
    let faults = inspect(&fs::read(path.unwrap()).unwrap(), HERE).unwrap_err();
    for expected in [
        "it exports memcpy",
        "it does not export rpc_plugin",
        "it needs a library of its own",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected}");
    }
}

#[test]
fn without_symbols_nobody_knows_of_panics() {
    let faults = panics(&FILES[0].1).unwrap_err();
    assert_eq!(faults, ["it has no symbol table to look for panics in"]);
}
