//! `cargo xtask dist`: what an operator installs, in `target/dist`: a Debian package, and an archive for
//! everybody else.

mod deb;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::run::{cargo_in, output, root, run, target};

/// What `cargo xtask dist` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The profile of Cargo to build with.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// A file of the repository, or the program, and where it is installed.
struct Piece {
    from: PathBuf,
    to: &'static str,
    mode: u32,
}

/// What is to be packed.
struct Product {
    pieces: Vec<Piece>,
    version: &'static str,
    /// The oldest version of the C library it runs with: that of the machine it was built on.
    glibc: String,
    /// When the sources were changed last, seconds since 1970: what is packed has no other time.
    time: String,
    /// Whether the program's symbols were taken out, as in releases.
    is_stripped: bool,
}

/// Builds, packs, and looks at what was packed.
pub(crate) fn dist(options: &Options) -> anyhow::Result<()> {
    let program = build(&options.profile)?;
    let product = Product {
        glibc: glibc(&fs::read(&program)?)?,
        pieces: pieces(program)?,
        version: env!("CARGO_PKG_VERSION"),
        is_stripped: options.profile == "release",
        time: output(
            Command::new("git")
                .current_dir(root())
                .args(["log", "-1", "--format=%ct"]),
        )?,
    };
    let folder = target().join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let package = deb::pack(&product, &folder)?;
    deb::look_at(&product, &package)?;
    let archive = archive(&product, &folder)?;
    eprintln!("It needs glibc {} or newer.", product.glibc);
    println!("{}\n{}", package.display(), archive.display());
    Ok(())
}

fn build(profile: &str) -> anyhow::Result<PathBuf> {
    let mut command = cargo_in(&root(), &["build", "--locked", "--package", "asu-server"]);
    run(command.args(["--profile", profile]))?;
    // Cargo's one exception.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target().join(folder).join("asu-server"))
}

/// What is installed, and where.
fn pieces(program: PathBuf) -> anyhow::Result<Vec<Piece>> {
    let mut pieces = vec![Piece {
        from: program,
        to: "usr/bin/asu-server",
        mode: 0o755,
    }];
    let files = [
        ("server/dist/server.toml", "etc/asu-server/server.toml"),
        ("server/dist/worker.toml", "etc/asu-server/worker.toml"),
        (
            "server/dist/systemd/asu-server.service",
            "usr/lib/systemd/system/asu-server.service",
        ),
        (
            "server/dist/systemd/asu-server-worker@.service",
            "usr/lib/systemd/system/asu-server-worker@.service",
        ),
        (
            "server/dist/nginx.conf",
            "usr/share/doc/asu-server/examples/nginx.conf",
        ),
        (
            "server/dist/Caddyfile",
            "usr/share/doc/asu-server/examples/Caddyfile",
        ),
        (
            "server/dist/compose.yaml",
            "usr/share/doc/asu-server/examples/compose.yaml",
        ),
        ("README.md", "usr/share/doc/asu-server/README.md"),
        ("CHANGELOG.md", "usr/share/doc/asu-server/CHANGELOG.md"),
        ("LICENSE-APACHE", "usr/share/doc/asu-server/LICENSE-APACHE"),
        ("LICENSE-MIT", "usr/share/doc/asu-server/LICENSE-MIT"),
        ("docs/api.md", "usr/share/doc/asu-server/docs/api.md"),
        (
            "docs/configuration.md",
            "usr/share/doc/asu-server/docs/configuration.md",
        ),
        (
            "docs/deployment.md",
            "usr/share/doc/asu-server/docs/deployment.md",
        ),
        (
            "docs/distributions.md",
            "usr/share/doc/asu-server/docs/distributions.md",
        ),
        (
            "docs/operation.md",
            "usr/share/doc/asu-server/docs/operation.md",
        ),
        (
            "docs/workers.md",
            "usr/share/doc/asu-server/docs/workers.md",
        ),
    ];
    for (from, to) in files {
        let from = root().join(from);
        ensure!(from.is_file(), "{} is not there", from.display());
        pieces.push(Piece {
            from,
            to,
            mode: 0o644,
        });
    }
    Ok(pieces)
}

impl Product {
    /// Puts everything below `root`, which is made.
    fn stage(&self, root: &Path) -> anyhow::Result<()> {
        for Piece { from, to, mode } in &self.pieces {
            install(from, &root.join(to), *mode)?;
        }
        Ok(())
    }
}

fn install(from: &Path, to: &Path, mode: u32) -> anyhow::Result<()> {
    let above = to.parent().context("a file is in a folder")?;
    fs::create_dir_all(above)?;
    fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display()))?;
    fs::set_permissions(to, Permissions::from_mode(mode))?;
    Ok(())
}

/// The same in a `.tar.gz`, below one folder.
fn archive(product: &Product, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = format!("asu-server-{}-x86_64-linux", product.version);
    product.stage(&folder.join(&name))?;
    let archive = folder.join(format!("{name}.tar.gz"));
    let mut command = Command::new("tar");
    command
        .args(["--owner=0", "--group=0", "--numeric-owner", "--sort=name"])
        .arg(format!("--mtime=@{}", product.time))
        .arg("--directory")
        .arg(folder)
        .args(["--use-compress-program", "gzip -9n", "--create", "--file"]);
    run(command.arg(&archive).arg(&name))?;
    fs::remove_dir_all(folder.join(&name))?;
    Ok(archive)
}

/// The newest version of glibc whose symbols the program names; the linker writes it as `GLIBC_2.34`.
fn glibc(program: &[u8]) -> anyhow::Result<String> {
    let text = regex::bytes::Regex::new(r"GLIBC_2\.([0-9]+)")?;
    let minors = text.captures_iter(program).filter_map(|found| {
        let minor = std::str::from_utf8(&found[1]).ok()?;
        minor.parse::<u32>().ok()
    });
    let Some(newest) = minors.max() else {
        bail!("the program names no version of glibc; is it for Linux?");
    };
    Ok(format!("2.{newest}"))
}
