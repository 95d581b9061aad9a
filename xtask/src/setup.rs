//! Debian packages: which are needed for what, which are missing, and installing them.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::npm;
use crate::run::{output, run};

/// A Debian package and why it is needed.
pub(crate) struct Package {
    name: &'static str,
    /// A file it brings, with `*` for its version: present means installed, however it came here.
    file: &'static str,
    why: &'static str,
}

const fn package(name: &'static str, file: &'static str, why: &'static str) -> Package {
    Package { name, file, why }
}

/// What the demo and the journeys need.
pub(crate) const ALL: [Package; 10] = [
    package("make", "/usr/bin/make", "ImageBuilders are driven by make"),
    package(
        "gcc",
        "/usr/bin/cc",
        "Rust links with it, and SQLite is compiled by it",
    ),
    package(
        "libc6-dev",
        "/usr/include/stdlib.h",
        "SQLite is compiled against it",
    ),
    package(
        "xz-utils",
        "/usr/bin/xz",
        "ImageBuilders up to 23.05 are packed by it",
    ),
    package(
        "zstd",
        "/usr/bin/zstd",
        "ImageBuilders since 24.10 are packed by it",
    ),
    package(
        "signify-openbsd",
        "/usr/bin/signify-openbsd",
        "a second opinion on signatures in the tests",
    ),
    package(
        "squashfs-tools",
        "/usr/bin/mksquashfs",
        "images hold a squashfs",
    ),
    package(
        "chromium",
        "/usr/bin/chromium",
        "the journeys click in a real browser",
    ),
    package(
        "chromium-driver",
        "/usr/bin/chromedriver",
        "it steers the browser",
    ),
    package(
        "fonts-dejavu-core",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "the browser needs a font",
    ),
];

/// What building for routers and for browsers needs.
pub(crate) const DEBIAN_RUST: [Package; 4] = [
    package(
        "rustc-web",
        "/usr/bin/rustc",
        "a Rust that can build its own standard library",
    ),
    package(
        "cargo-web",
        "/usr/bin/cargo",
        "the Cargo that belongs to it",
    ),
    package(
        "rust-web-src",
        "/usr/src/rustc-*",
        "the source of the standard library",
    ),
    package(
        "lld",
        "/usr/bin/ld.lld",
        "it links for every processor, and Wasm",
    ),
];

/// What making the page small needs.
pub(crate) const NPM: [Package; 2] = [
    package("nodejs", "/usr/bin/node", "wasm-opt is a program for it"),
    package(
        "npm",
        "/usr/bin/npm",
        "it brings wasm-opt, esbuild and axe-core",
    ),
];

/// What asking the server with schemathesis needs.
pub(crate) const PYTHON: [Package; 1] = [package(
    "python3-venv",
    "/usr/share/doc/python3-venv",
    "schemathesis is a Python program",
)];

/// What running the plugins on a big-endian processor needs.
pub(crate) const EMULATION: [Package; 2] = [
    package(
        "qemu-user",
        "/usr/bin/qemu-mips",
        "it runs programs for MIPS",
    ),
    package(
        "libc6-dev-mips-cross",
        "/usr/mips-linux-gnu/lib/crt1.o",
        "the C library for them",
    ),
];

/// What `cargo xtask bench api` needs.
pub(crate) const LOAD: [Package; 2] = [
    package("wrk", "/usr/bin/wrk", "it asks as fast as it can"),
    package(
        "nginx-light",
        "/usr/sbin/nginx",
        "it shows how fast the same bytes could be given out",
    ),
];

/// What the tests of the job store need: they are run on SQLite and on PostgreSQL.
pub(crate) const POSTGRES: [Package; 1] = [package(
    "postgresql",
    "/usr/lib/postgresql/*/bin/initdb",
    "the tests start a PostgreSQL of their own",
)];

/// Sees to all that building and testing need, and not only the demo.
pub(crate) fn everything() -> anyhow::Result<()> {
    [&ALL[..], &DEBIAN_RUST, &NPM, &EMULATION, &POSTGRES, &PYTHON]
        .into_iter()
        .try_for_each(debian)?;
    npm::bring().map(drop)
}

/// Installs those of `packages` that are missing, if we may; says what is missing if not.
pub(crate) fn debian(packages: &[Package]) -> anyhow::Result<()> {
    let missing: Vec<&Package> = packages
        .iter()
        .filter(|package| !is_there(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        eprintln!("Missing: Debian package {} ({})", package.name, package.why);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let Some(prefix) = privilege() else {
        bail!(
            "please install them: sudo apt-get install {}",
            names.join(" ")
        );
    };
    install(prefix, &names)
}

/// A `*` in the file stands for a version.
fn is_there(package: &Package) -> bool {
    let Some((before, after)) = package.file.split_once('*') else {
        return Path::new(package.file).exists();
    };
    let (folder, start) = before.rsplit_once('/').unwrap_or(("", before));
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let path = entry.path().display().to_string();
            entry.file_name().to_string_lossy().starts_with(start)
                && Path::new(&format!("{path}{after}")).exists()
        })
    })
}

/// The words before a command that installs: none for root, `sudo -n` where that asks nothing.
fn privilege() -> Option<&'static [&'static str]> {
    if output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0") {
        return Some(&["env"]);
    }
    output(Command::new("sudo").args(["-n", "true"]))
        .ok()
        .map(|_| ["sudo", "-n", "env"].as_slice())
}

fn install(prefix: &[&str], names: &[&str]) -> anyhow::Result<()> {
    let apt = |args: &[&str]| {
        let mut command = Command::new(prefix[0]);
        command
            .args(&prefix[1..])
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"])
            .args(args);
        command
    };
    eprintln!("Installing {}", names.join(", "));
    run(&mut apt(&["update"]))?;
    run(apt(&[
        "install",
        "--no-install-recommends",
        "-o",
        "Dpkg::Use-Pty=0",
    ])
    .args(names))
}
