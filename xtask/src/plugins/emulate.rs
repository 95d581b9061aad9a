//! The plugins on a big-endian processor: the same answers as on this one.
//!
//! `rpcd-plugins/host` plays rpcd for one call. It is linked with the C library that Debian has for
//! big-endian MIPS, and run by QEMU; and with this machine's, and run as it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, ensure};

use crate::debian_rust;
use crate::plugins::{cross, folder, target};
use crate::run::{output, root, run_quietly};
use crate::setup::{DEBIAN_RUST, EMULATION, debian};

/// A processor to run the test program on.
struct Machine {
    /// The test program's target.
    host: &'static str,
    /// The plugins' target.
    plugin: &'static str,
    /// Where the C library is.
    libraries: &'static str,
    /// What to link with there: start code, the library, what loads it, end code.
    files: [&'static str; 4],
    loader: &'static str,
    /// The words before the program.
    emulator: &'static [&'static str],
}

const LITTLE: Machine = Machine {
    host: "x86_64-unknown-linux-gnu",
    plugin: "x86_64-unknown-linux-musl",
    libraries: "/usr/lib/x86_64-linux-gnu",
    files: ["crt1.o", "crti.o", "libc.so.6", "crtn.o"],
    loader: "/lib64/ld-linux-x86-64.so.2",
    emulator: &["env"],
};

const BIG: Machine = Machine {
    host: "mips-unknown-linux-gnu",
    plugin: "mips-unknown-linux-musl",
    libraries: "/usr/mips-linux-gnu/lib",
    files: ["crt1.o", "crti.o", "libc.so.6", "crtn.o"],
    loader: "/lib/ld.so.1",
    emulator: &["qemu-mips", "-L", "/usr/mips-linux-gnu"],
};

/// What is asked: plugin (also the object's name), method, argument, folder of the router's files.
const CALLS: [(&str, &str, &str, &str); 9] = [
    ("packagelist", "list", "", "tests/fixtures/installed/apk"),
    ("packagelist", "list", "all", "tests/fixtures/installed/apk"),
    (
        "packagelist",
        "list",
        "",
        "tests/fixtures/installed/apk-two-abi",
    ),
    (
        "packagelist",
        "list",
        "all",
        "tests/fixtures/installed/apk-two-abi",
    ),
    ("packagelist", "list", "", "tests/fixtures/installed/opkg"),
    (
        "packagelist",
        "list",
        "all",
        "tests/fixtures/installed/opkg",
    ),
    ("packagelist", "list", "all", "rpcd-plugins/host/router"),
    ("attendedsysupgrade", "info", "", "rpcd-plugins/host/router"),
    (
        "attendedsysupgrade",
        "verify",
        "sha256",
        "rpcd-plugins/host/router",
    ),
];

/// Asks both processors the same and fails if they answer differently.
pub(crate) fn emulate() -> anyhow::Result<()> {
    debian(&DEBIAN_RUST)?;
    debian(&EMULATION)?;
    cross(&[target::find(LITTLE.plugin)?, target::find(BIG.plugin)?])?;
    let (little, big) = (LITTLE.build()?, BIG.build()?);
    for call in CALLS {
        let (expected, found) = (LITTLE.ask(&little, call)?, BIG.ask(&big, call)?);
        let (plugin, method, argument, folder) = call;
        let name = format!("{plugin} {method} {{{argument}}} in {folder}");
        if expected != found {
            bail!("{name}: little endian answers\n{expected}\nbig endian\n{found}");
        }
        println!("{name}: {} bytes, the same", found.len());
    }
    Ok(())
}

impl Machine {
    /// The test program.
    fn build(&self) -> anyhow::Result<PathBuf> {
        let built = root().join("rpcd-plugins/target/cross").join(self.host);
        let args = [
            "rustc",
            "--quiet",
            "--locked",
            "--release",
            "-Zbuild-std=core",
        ];
        let mut command = debian_rust::cargo(&root().join("rpcd-plugins"), &args);
        command
            .args(["--package", "asu-rpcd-host", "--target", self.host])
            .arg("--target-dir")
            .arg(&built);
        run_quietly(&mut command)?;
        let library = built.join(self.host).join("release/librpcd_host.a");
        let program = built.join("host");
        self.link(&library, &program)?;
        Ok(program)
    }

    fn link(&self, library: &Path, program: &Path) -> anyhow::Result<()> {
        let [start, begin, c, end] = self.files.map(|file| Path::new(self.libraries).join(file));
        let emulation = target::find(self.plugin)?.emulation;
        let mut command = Command::new("ld.lld");
        command
            .args(["-m", emulation, "--hash-style=sysv", "--gc-sections"])
            // What the plugin asks of rpcd and libubus is found in the program.
            .args(["--export-dynamic", "-dynamic-linker", self.loader, "-o"])
            .arg(program)
            .args([&start, &begin, library, &c, &end]);
        run_quietly(&mut command)
    }

    /// The answer to a call: a line of JSON.
    fn ask(&self, program: &Path, call: (&str, &str, &str, &str)) -> anyhow::Result<String> {
        let (plugin, method, argument, files) = call;
        let file = folder(target::find(self.plugin)?).join(format!("{plugin}.so"));
        let [first, rest @ ..] = self.emulator else {
            bail!("nothing to run it with");
        };
        let mut command = Command::new(first);
        command.args(rest).arg(program).arg(file);
        command.args([plugin, method]).arg(root().join(files));
        if !argument.is_empty() {
            command.arg(argument);
        }
        let answer = output(&mut command)?;
        ensure!(answer.starts_with("{\"status\":"), "{answer}");
        Ok(answer)
    }
}
