//! What is installed in a root filesystem: `lib/apk/db/installed` and the files beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use asu_test_adb::package::Node;
use asu_test_adb::{Contents, Package as Entry};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::Compression;
use sha2::{Digest as _, Sha256};

use crate::format::pack;
use crate::format::stanza::{self, Stanza};
use crate::world::contents::Node as Script;

const FOLDER: &str = "lib/apk/db";
const WORLD: &str = "etc/apk/world";

/// A package that was installed, and what it brought.
pub(super) struct Installed {
    pub(super) entry: Entry,
    pub(super) contents: Contents,
}

/// Creates a database without packages.
pub(super) fn create(root: &Path, arch: &str) -> io::Result<()> {
    let folder = root.join(FOLDER);
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(root.join("etc/apk"))?;
    for name in ["installed", "lock", "triggers"] {
        fs::write(folder.join(name), "")?;
    }
    fs::write(folder.join("scripts.tar.gz"), scripts(&[])?)?;
    fs::write(root.join(WORLD), "")?;
    fs::write(root.join("etc/apk/arch"), format!("{arch}\n"))
}

/// Writes down what is installed, and what was asked for.
pub(super) fn save(root: &Path, installed: &mut [Installed], world: &[String]) -> io::Result<()> {
    installed.sort_by(|a, b| a.entry.name.cmp(&b.entry.name));
    let texts: Vec<String> = installed.iter().map(paragraph).collect();
    fs::write(root.join(FOLDER).join("installed"), texts.concat())?;
    fs::write(
        root.join(FOLDER).join("scripts.tar.gz"),
        scripts(installed)?,
    )?;
    let mut world = world.to_vec();
    world.sort_unstable();
    world.dedup();
    fs::write(root.join(WORLD), world.join("\n") + "\n")
}

/// Name and version of each installed package, by name; none without a database.
pub(super) fn list(root: &Path) -> io::Result<Vec<(String, String)>> {
    let text = fs::read_to_string(root.join(FOLDER).join("installed"))?;
    let of = |stanza: &Stanza| (stanza.get("P").to_owned(), stanza.get("V").to_owned());
    Ok(stanza::parse(&text).iter().map(of).collect())
}

/// Letters and lines as apk-tools 3 writes them, in its order.
fn paragraph(package: &Installed) -> String {
    let entry = &package.entry;
    let fields = [
        ("C", checksum(digest(entry))),
        ("P", entry.name.clone()),
        ("V", entry.version.clone()),
        ("A", entry.arch.clone()),
        ("S", entry.file_size.to_string()),
        ("I", entry.installed_size.to_string()),
        ("T", entry.description.clone()),
        ("U", entry.url.clone()),
        ("L", entry.license.clone()),
        ("o", entry.origin.clone()),
        ("m", entry.maintainer.clone()),
        ("k", positive(entry.provider_priority)),
        ("D", entry.depends.join(" ")),
        ("p", entry.provides.join(" ")),
        ("g", entry.tags.join(" ")),
        ("f", "S".to_owned()),
    ];
    let fields = fields
        .iter()
        .filter(|(letter, value)| *letter == "U" || !value.is_empty());
    let mut lines: Vec<String> = fields
        .map(|(letter, value)| format!("{letter}:{value}\n"))
        .collect();
    lines.extend(paths(&package.contents.nodes));
    lines.push("\n".to_owned());
    lines.concat()
}

fn positive(number: u32) -> String {
    if number == 0 {
        String::new()
    } else {
        number.to_string()
    }
}

/// Each folder and after it its files; folders and files of the usual modes have no line for it.
fn paths(nodes: &BTreeMap<String, Node>) -> Vec<String> {
    let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, node) in nodes {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (mode, digest) = match node {
            Node::Directory => {
                folders.entry(path).or_default();
                continue;
            }
            Node::File(bytes, mode) => (*mode, Sha256::digest(bytes)),
            Node::Link(to) => (0o777, Sha256::digest(to)),
        };
        let lines = folders.entry(folder).or_default();
        lines.push(format!("R:{name}\n"));
        if mode != 0o644 {
            lines.push(format!("a:0:0:{mode:o}\n"));
        }
        lines.push(format!("Z:{}\n", checksum(&digest[..20])));
    }
    let folders = folders.into_iter();
    let line = |(path, files): (&str, Vec<String>)| format!("F:{path}\n{}", files.concat());
    folders.map(line).collect()
}

/// How much of the digest the database keeps.
fn digest(entry: &Entry) -> &[u8] {
    &entry.hashes[..entry.hashes.len().min(20)]
}

/// `Q1` and the 20 bytes in base64.
fn checksum(bytes: &[u8]) -> String {
    format!("Q1{}", STANDARD.encode(bytes))
}

/// The scripts of all packages; a name tells the package, its digest and the kind of script.
fn scripts(installed: &[Installed]) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for Installed { entry, contents } in installed {
        let digest = hex::encode(digest(entry));
        for (kind, text) in &contents.scripts {
            let name = format!("{}-{}.X1{digest}.{kind}", entry.name, entry.version);
            let node = Script::File(text.clone().into_bytes(), true);
            pack::add_long(&mut tar, &name, &node, 0)?;
        }
    }
    pack::gzip(&tar.into_inner()?, Compression::fast())
}
