//! The files of packages: the text files below `files/` and one made-up main file per package.

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};

use super::package::Package;
use super::release::{Release, Target};
use crate::format::usign::SecretKey;
use crate::mirror;
use crate::mirror::feed::{index_urls, source_lines};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/files");

/// What a path of a package is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A file and whether it can be executed.
    File(Vec<u8>, bool),
    /// A symbolic link and what it points to.
    Link(String),
    /// A directory that may be empty.
    Directory,
}

/// The paths of a package, without leading slash, sorted.
pub fn of(package: &Package, release: &Release, target: &Target) -> Vec<(String, Node)> {
    let mut nodes = text_files(package, release, target);
    match package.base_name {
        "base-files" => nodes.extend(base_files(release, target)),
        "busybox" => nodes.extend(busybox_links()),
        "openwrt-keyring" => nodes.push(keyring(release)),
        _ => {}
    }
    let texts: usize = nodes.iter().map(|(_, node)| size(node)).sum();
    nodes.push(main_file(package, release, texts));
    nodes.sort();
    nodes
}

/// The configuration files among `nodes`, with leading slash.
pub fn conffiles(nodes: &[(String, Node)]) -> Vec<String> {
    const KEPT: [&str; 12] = [
        "etc/passwd",
        "etc/group",
        "etc/shadow",
        "etc/hosts",
        "etc/inittab",
        "etc/profile",
        "etc/rc.local",
        "etc/shells",
        "etc/sysctl.conf",
        "etc/sysupgrade.conf",
        "etc/opkg.conf",
        "etc/opkg/customfeeds.conf",
    ];
    let kept = |path: &str| path.starts_with("etc/config/") || KEPT.contains(&path);
    let paths = nodes.iter().map(|(path, _)| path).filter(|path| kept(path));
    paths.map(|path| format!("/{path}")).collect()
}

fn size(node: &Node) -> usize {
    match node {
        Node::File(bytes, _) => bytes.len(),
        _ => 0,
    }
}

fn text_files(package: &Package, release: &Release, target: &Target) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    if let Some(dir) = FILES.get_dir(package.base_name) {
        collect(dir, &mut found);
    }
    let nodes = found.into_iter().filter_map(|file| {
        let path = file
            .path()
            .strip_prefix(package.base_name)
            .ok()?
            .to_str()?
            .to_owned();
        let text = fill_in(file.contents_utf8()?, release, target);
        let executable = text.starts_with("#!");
        Some((path, Node::File(text.into_bytes(), executable)))
    });
    nodes.collect()
}

fn collect<'a>(dir: &'a Dir<'a>, into: &mut Vec<&'a include_dir::File<'a>>) {
    into.extend(dir.files());
    dir.dirs().for_each(|dir| collect(dir, into));
}

fn fill_in(text: &str, release: &Release, target: &Target) -> String {
    text.replace("@VERSION@", release.version)
        .replace("@REVISION@", release.revision)
        .replace("@TARGET@", target.name)
        .replace("@ARCH@", target.arch)
}

fn base_files(release: &Release, target: &Target) -> Vec<(String, Node)> {
    let link = |path: &str, to: &str| (path.to_owned(), Node::Link(to.to_owned()));
    let empty = [
        "dev", "mnt", "overlay", "proc", "rom", "root", "sys", "tmp", "etc/rc.d",
    ];
    let mut nodes: Vec<_> = empty
        .iter()
        .map(|path| ((*path).to_owned(), Node::Directory))
        .collect();
    nodes.push(link("var", "tmp"));
    nodes.push(link("etc/os-release", "../usr/lib/os-release"));
    nodes.push(link("etc/mtab", "/proc/mounts"));
    let (path, feeds) = if release.has_opkg() {
        ("etc/opkg/distfeeds.conf", source_lines(release, target))
    } else {
        let path = "etc/apk/repositories.d/distfeeds.list";
        (path, index_urls(release, target))
    };
    nodes.push((path.to_owned(), Node::File(feeds.into_bytes(), false)));
    nodes
}

fn busybox_links() -> Vec<(String, Node)> {
    const BIN: &str = "ash cat chgrp chmod chown cp date dd df dmesg echo egrep fgrep grep gunzip \
        gzip kill ln login ls mkdir mknod mktemp mount mv netstat nice pidof ping ps pwd rm rmdir \
        sed sh sleep sync tar touch true umount uname vi zcat";
    const USR_BIN: &str = "awk basename clear cmp crontab cut dirname du env expr find free head \
        hexdump id less logger md5sum mkfifo nc nslookup passwd printf readlink reset seq sha256sum \
        sort strings tail tee test time top tr traceroute uniq uptime wc which xargs yes";
    let links = |names: &'static str, folder: &'static str, to: &'static str| {
        names
            .split_whitespace()
            .map(move |name| (format!("{folder}/{name}"), Node::Link(to.to_owned())))
    };
    links(BIN, "bin", "busybox")
        .chain(links(USR_BIN, "usr/bin", "../../bin/busybox"))
        .collect()
}

fn keyring(release: &Release) -> (String, Node) {
    let (path, text) = if release.has_opkg() {
        let key = SecretKey::of_the_mirror();
        let path = format!("etc/opkg/keys/{}", key.fingerprint());
        (path, key.public_text(mirror::KEY_COMMENT))
    } else {
        let path = format!("etc/apk/keys/{}", mirror::APK_KEY);
        (path, mirror::apk::key().public_pem())
    };
    (path, Node::File(text.into_bytes(), false))
}

/// The file that gives a package its size: noise, which stays as large when packed, then a pattern.
fn main_file(package: &Package, release: &Release, texts: usize) -> (String, Node) {
    // A package file has about a kilobyte of control data.
    let noise = package.packed.saturating_sub(1024 + texts / 3).max(64);
    let length = package.unpacked.saturating_sub(texts).max(noise);
    let seed = format!("{} {} {}", package.name, package.version, package.arch);
    let mut bytes = noise_of(&seed, noise);
    bytes.resize(length, 0);
    let path = package
        .path
        .map_or_else(|| default_path(package, release), str::to_owned);
    let executable = ["bin/", "sbin/"].iter().any(|folder| path.contains(folder));
    (
        path.trim_start_matches('/').to_owned(),
        Node::File(bytes, executable),
    )
}

fn default_path(package: &Package, release: &Release) -> String {
    let name = package.base_name;
    if let Some(module) = name.strip_prefix("kmod-") {
        return format!("lib/modules/{}/{module}.ko", release.kernel);
    }
    match package.feed {
        "kmod" => format!("lib/modules/{}/modules.builtin", release.kernel),
        _ if name.starts_with("lib") => {
            format!("usr/lib/{name}.so.{}", package.abi.trim_start_matches('-'))
        }
        "luci" => format!("www/luci-static/resources/{name}.js"),
        _ => format!("usr/lib/{name}/{name}"),
    }
}

/// Bytes that look random and are the same for the same seed.
pub fn noise_of(seed: &str, length: usize) -> Vec<u8> {
    let digest = Sha256::digest(seed);
    let mut state = digest[..8]
        .iter()
        .fold(1, |state, byte| state << 8 | u64::from(*byte));
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64*: enough for bytes that a compressor cannot shorten.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
