//! ImageBuilder archives: a Makefile, scripts, the host tool, a kernel and the packages that must
//! match it.

mod compressor;
mod manager;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::tree::Folder;
use crate::format::pack;
use crate::world::contents::{Node, noise_of};
use crate::world::device::{self, Device};
use crate::world::package::Package;
use crate::world::release::{Release, Target};

/// The names the host tool is called by.
const TOOLS: [&str; 9] = [
    "apk",
    "apk-keygen",
    "disk-image",
    "fwtool",
    "image-metadata",
    "make-index",
    "opkg",
    "profiles-json",
    "usign",
];

const MAKEFILE: &str = include_str!("../../imagebuilder/Makefile");
const HELP: &str = include_str!("../../imagebuilder/include/help.txt");
const PREPARE_ROOTFS: &str = include_str!("../../imagebuilder/scripts/prepare-rootfs.sh");
const BUILD_IMAGE: &str = include_str!("../../imagebuilder/scripts/build-image.sh");

/// The program `ib-host`, without symbols.
pub struct HostTool(Vec<u8>);

impl HostTool {
    /// Reads the program; where binutils are missing it keeps its symbols.
    pub fn read(path: &Path) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let stripped = scratch.path().join("ib-host");
        let status = Command::new("strip")
            .arg("-o")
            .arg(&stripped)
            .arg(path)
            .status();
        let is_stripped = status.is_ok_and(|status| status.success());
        let chosen = if is_stripped { &stripped } else { path };
        let bytes = fs::read(chosen).with_context(|| {
            format!(
                "cannot read the host tool {}; build it with `cargo build -p asu-test-upstream`",
                path.display()
            )
        })?;
        Ok(Self(bytes))
    }

    /// The program, built now: cargo does not build it by itself for tests of another package.
    pub fn built() -> Result<PathBuf> {
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "asu-test-upstream"])
            .args(["--bin", "ib-host"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()?;
        ensure!(status.success(), "ib-host cannot be built");
        // Tests lie in a folder `deps` beside it.
        let test = std::env::current_exe()?;
        let folder = test.parent().and_then(Path::parent);
        Ok(folder.context("a test lies nowhere")?.join("ib-host"))
    }
}

/// A package file that the ImageBuilder may have.
pub struct Candidate<'a> {
    /// The package.
    pub package: &'a Package,
    /// The file's name.
    pub name: String,
    /// The file.
    pub bytes: &'a [u8],
}

/// Writes the archive of a target into its folder.
pub fn write<'a>(
    folder: &Folder,
    packages: impl Iterator<Item = Candidate<'a>>,
    release: &Release,
    target: &Target,
    tool: &HostTool,
) -> Result<()> {
    let top = format!(
        "openwrt-imagebuilder-{}-{}.Linux-x86_64",
        release.version,
        target.dashed()
    );
    let mut nodes = fixed_files(release, target);
    nodes.extend(manager::files(release, target));
    nodes.extend(host_tools(tool));
    nodes.extend(own_packages(packages));
    nodes.sort();
    let name = format!("{top}.{}", release.imagebuilder);
    let mut tar = tar::Builder::new(compressor::of(release)?);
    for (path, node) in &nodes {
        pack::add_long(&mut tar, &format!("{top}/{path}"), node, release.epoch)?;
    }
    folder.write(&name, &tar.into_inner()?.finish()?)
}

fn fixed_files(release: &Release, target: &Target) -> Vec<(String, Node)> {
    let file = |path: &str, text: String| (path.to_owned(), Node::File(text.into_bytes(), false));
    let script =
        |path: &str, text: &str| (path.to_owned(), Node::File(text.as_bytes().to_vec(), true));
    let linux = format!("linux-{}", target.name.replace('/', "_"));
    let kernel = noise_of(&release.kernel_version(target), target.kernel_size);
    vec![
        file("Makefile", MAKEFILE.to_owned()),
        file("include/help.txt", HELP.to_owned()),
        file("include/version.mk", version_mk(release, target)),
        script("scripts/prepare-rootfs.sh", PREPARE_ROOTFS),
        script("scripts/build-image.sh", BUILD_IMAGE),
        file(".profiles.mk", profiles_mk(release, target)),
        file(".targetinfo", targetinfo(release, target)),
        (
            format!("build_dir/target-{}_musl/{linux}/kernel.bin", target.arch),
            Node::File(kernel, false),
        ),
    ]
}

fn host_tools(tool: &HostTool) -> impl Iterator<Item = (String, Node)> {
    let links = TOOLS
        .iter()
        .map(|name| (*name, Node::Link("ib-host".to_owned())));
    let program = ("ib-host", Node::File(tool.0.clone(), true));
    links
        .chain([program])
        .map(|(name, node)| (format!("staging_dir/host/bin/{name}"), node))
}

/// The packages that must match the kernel, and those that an image cannot do without.
fn own_packages<'a>(
    packages: impl Iterator<Item = Candidate<'a>>,
) -> impl Iterator<Item = (String, Node)> {
    let is_own = |Candidate { package, .. }: &Candidate<'_>| {
        package.feed == "kmod" || matches!(package.base_name, "base-files" | "libc")
    };
    packages
        .filter(is_own)
        .map(|Candidate { name, bytes, .. }| {
            let node = Node::File(bytes.to_vec(), false);
            (format!("packages/{name}"), node)
        })
}

fn version_mk(release: &Release, target: &Target) -> String {
    let (board, subtarget) = target
        .name
        .split_once('/')
        .unwrap_or((target.name, "generic"));
    let rows = [
        ("BOARD", board.to_owned()),
        ("SUBTARGET", subtarget.to_owned()),
        ("ARCH", target.cpu.to_owned()),
        ("ARCH_PACKAGES", target.arch.to_owned()),
        ("VERSION_NUMBER", release.version.to_owned()),
        ("REVISION", release.revision.to_owned()),
        ("SOURCE_DATE_EPOCH", release.epoch.to_string()),
        ("LINUX_VERSION", release.kernel.to_owned()),
        ("LINUX_RELEASE", "1".to_owned()),
        ("LINUX_VERMAGIC", release.vermagic(target)),
        (
            "DEFAULT_PACKAGES",
            release.default_packages(target).join(" "),
        ),
    ];
    assignments(rows.map(|(name, value)| (name.to_owned(), value)))
}

fn assignments(rows: impl IntoIterator<Item = (String, String)>) -> String {
    let rows = rows.into_iter();
    let lines: Vec<String> = rows
        .map(|(name, value)| format!("{name} := {value}\n"))
        .collect();
    lines.concat()
}

fn profiles_mk(release: &Release, target: &Target) -> String {
    let names: Vec<&str> = device::of(target).map(|device| device.profile).collect();
    let mut rows = vec![("PROFILE_NAMES".to_owned(), names.join(" "))];
    for device in device::of(target) {
        let values = [
            ("NAME", device.title()),
            ("VENDOR", device.vendor.to_owned()),
            ("MODEL", device.model.to_owned()),
            ("VARIANT", device.variant.to_owned()),
            ("PACKAGES", device.packages(release).join(" ")),
            ("SUPPORTED", device.supported.join(" ")),
            ("IMAGES", device.images.join(" ")),
            ("LIMIT", device.limit_kib.to_string()),
        ];
        let row = |(key, value)| (format!("DEVICE_{}_{key}", device.profile), value);
        rows.extend(values.map(row));
    }
    assignments(rows)
}

/// The target's description in the build system's form.
fn targetinfo(release: &Release, target: &Target) -> String {
    let mut text = format!(
        "Source-Makefile: target/linux/{0}/Makefile\nTarget: {0}\nTarget-Arch: {1}\n\
         Target-Arch-Packages: {2}\nLinux-Version: {3}\nDefault-Packages: {4}\n\n",
        target.dashed(),
        target.cpu,
        target.arch,
        release.kernel,
        release.default_packages(target).join(" "),
    );
    let profile = |device: &Device| {
        format!(
            "Target-Profile: DEVICE_{}\nTarget-Profile-Name: {}\n\
             Target-Profile-hasImageMetadata: 1\nTarget-Profile-SupportedDevices: {}\n\
             Target-Profile-Packages: {}\n\n",
            device.profile,
            device.title(),
            device.supported.join(" "),
            device.packages(release).join(" "),
        )
    };
    text.extend(device::of(target).map(profile));
    text + "@@\n"
}
