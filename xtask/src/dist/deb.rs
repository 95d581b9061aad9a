//! The Debian package. By dpkg-deb alone: its rules are few, and Debian's own tools for building ask
//! for a source package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use super::{Product, install};
use crate::run::{output, root, run};

/// The folder of the files that say what a package is.
const CONTROL: &str = "server/dist/debian";

/// Where Debian looks for the licence.
const COPYRIGHT: &str = "usr/share/doc/asu-server/copyright";

/// Makes the package in `folder`.
pub(super) fn pack(product: &Product, folder: &Path) -> anyhow::Result<PathBuf> {
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))?;
    let tree = folder.join("deb");
    product.stage(&tree)?;
    fs::write(tree.join(COPYRIGHT), copyright())?;
    control(product, &tree, &architecture)?;
    let package = folder.join(format!("asu-server_{}_{architecture}.deb", product.version));
    let mut command = Command::new("dpkg-deb");
    command.env("SOURCE_DATE_EPOCH", &product.time);
    run(command
        .args(["--root-owner-group", "--build"])
        .arg(&tree)
        .arg(&package))?;
    fs::remove_dir_all(&tree)?;
    Ok(package)
}

fn control(product: &Product, tree: &Path, architecture: &str) -> anyhow::Result<()> {
    let (from, to) = (root().join(CONTROL), tree.join("DEBIAN"));
    for script in ["postinst", "prerm", "postrm"] {
        install(&from.join(script), &to.join(script), 0o755)?;
    }
    let size: u64 = product
        .pieces
        .iter()
        .map(|piece| Ok(fs::metadata(&piece.from)?.len().div_ceil(1024)))
        .sum::<std::io::Result<u64>>()?;
    let text = fs::read_to_string(from.join("control"))?
        .replace("@VERSION@", product.version)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@GLIBC@", &product.glibc)
        .replace("@SIZE@", &size.to_string());
    fs::write(to.join("control"), text)?;
    let settings = product
        .pieces
        .iter()
        .filter(|piece| piece.to.starts_with("etc/"));
    let settings: Vec<String> = settings.map(|piece| format!("/{}\n", piece.to)).collect();
    fs::write(to.join("conffiles"), settings.concat())?;
    Ok(())
}

fn copyright() -> String {
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
     \n\
     Files: *\n\
     Copyright: the authors of Attended Sysupgrade\n\
     License: Apache-2.0 or MIT\n\
     \x20The texts are in /usr/share/doc/asu-server/LICENSE-APACHE and LICENSE-MIT; the first one is in\n\
     \x20/usr/share/common-licenses/Apache-2.0 as well.\n"
        .to_owned()
}

/// Reads the package as dpkg does: everything is in it, and the program in it is of this version.
pub(super) fn look_at(product: &Product, package: &Path) -> anyhow::Result<()> {
    let dpkg = |action: &str| output(Command::new("dpkg-deb").arg(action).arg(package));
    let info = dpkg("--info")?;
    for line in [
        format!("Version: {}", product.version),
        format!("libc6 (>= {})", product.glibc),
    ] {
        ensure!(
            info.contains(&line),
            "the package does not say {line:?}: {info}"
        );
    }
    let contents = dpkg("--contents")?;
    for piece in &product.pieces {
        let line = contents
            .lines()
            .find(|line| line.ends_with(&format!("./{}", piece.to)));
        ensure!(
            line.is_some_and(|line| line.contains("root/root")),
            "{} is not packed",
            piece.to
        );
    }
    runs(product, package)?;
    lint(product, package)
}

/// Unpacks it, and asks the program for what is packed beside it.
fn runs(product: &Product, package: &Path) -> anyhow::Result<()> {
    let tree = package.with_extension("unpacked");
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .args([package, &tree]))?;
    let program = tree.join("usr/bin/asu-server");
    let version = output(Command::new(&program).arg("--version"))?;
    ensure!(
        version.ends_with(product.version),
        "the program is {version}"
    );
    for command in ["serve", "worker"] {
        let example = output(Command::new(&program).args(["config", "example", command]))?;
        let name = if command == "serve" {
            "server"
        } else {
            command
        };
        let packed = fs::read_to_string(tree.join(format!("etc/asu-server/{name}.toml")))?;
        ensure!(
            packed.trim() == example,
            "server/dist/{name}.toml is out of date: asu-server config example {command} writes it"
        );
    }
    Ok(fs::remove_dir_all(&tree)?)
}

fn lint(product: &Product, package: &Path) -> anyhow::Result<()> {
    if Command::new("lintian").arg("--version").output().is_err() {
        eprintln!("Left out: lintian (not installed)");
        return Ok(());
    }
    // It is no distribution's package: it has no manual page, no changelog of Debian's, and nobody's address.
    let mut accepted = "no-changelog,no-manual-page,bogus-mail-host".to_owned();
    if !product.is_stripped {
        accepted.push_str(",unstripped-binary-or-object");
    }
    let mut command = Command::new("lintian");
    command.args([
        "--allow-root",
        "--fail-on",
        "error",
        "--suppress-tags",
        &accepted,
    ]);
    run(command.arg(package))
}
