//! Feeds of apk: package files, and the index in both its forms.

use std::collections::BTreeMap;

use anyhow::Result;
use asu_test_adb::package::{Node as Stored, Written};
use asu_test_adb::{Contents, Index, Key, Package as Entry};
use sha2::{Digest as _, Sha256};

use super::feed;
use super::tree::Folder;
use crate::world::contents::{self, Node};
use crate::world::package::Package;
use crate::world::release::{Release, Target};

/// Runs after unpacking, on the router and while an image is assembled.
const POST_INSTALL: &str = r#"#!/bin/sh
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
export pkgname="@NAME@"
default_postinst
"#;

/// Runs before a package is removed.
const PRE_DEINSTALL: &str = r#"#!/bin/sh
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
export pkgname="@NAME@"
default_prerm
"#;

/// The key that signs the mirror's indexes. Everybody can know it: it is derived from this sentence.
pub fn key() -> Key {
    Key::of("the apk key of a test mirror, known to everybody")
}

/// The name of a package's file.
pub fn file_name(entry: &Entry) -> String {
    format!("{}-{}.apk", entry.name, entry.version)
}

/// Builds the package file.
pub fn build(package: &Package, release: &Release, target: &Target) -> Result<Written> {
    let mut nodes = contents::of(package, release, target);
    nodes.extend(notes(package, &nodes));
    let contents = Contents {
        info: package.entry(),
        nodes: nodes.into_iter().map(stored).collect(),
        scripts: scripts(&package.name),
        time: u32::try_from(release.epoch)?,
    };
    Ok(contents.write()?)
}

/// What a package leaves to its scripts and to others: lists below `lib/apk/packages`.
fn notes(package: &Package, nodes: &[(String, Node)]) -> Vec<(String, Node)> {
    let paths = nodes.iter().filter(|(_, node)| *node != Node::Directory);
    let conffiles = contents::conffiles(nodes);
    let sum = |path: &String| {
        let (_, node) = nodes.iter().find(|(other, _)| path[1..] == **other)?;
        match node {
            Node::File(bytes, _) => Some(format!("{path} {}", hex::encode(Sha256::digest(bytes)))),
            _ => None,
        }
    };
    let sums = conffiles.iter().filter_map(sum).collect();
    let own = |kind| package.apk_lines(kind).into_iter().map(str::to_owned);
    let lists: [(&str, Vec<String>); 5] = [
        ("list", paths.map(|(path, _)| format!("/{path}")).collect()),
        ("conffiles_static", sums),
        ("conffiles", conffiles),
        ("alternatives", own("alternatives").collect()),
        ("rusers", own("rusers").collect()),
    ];
    let lists = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    let note = |(kind, lines): (&str, Vec<String>)| {
        let path = format!("lib/apk/packages/{}.{kind}", package.name);
        let text = lines.join("\n") + "\n";
        (path, Node::File(text.into_bytes(), false))
    };
    lists.map(note).collect()
}

fn stored((path, node): (String, Node)) -> (String, Stored) {
    let node = match node {
        Node::File(bytes, true) => Stored::File(bytes, 0o755),
        Node::File(bytes, false) => Stored::File(bytes, 0o644),
        Node::Link(to) => Stored::Link(to),
        Node::Directory => Stored::Directory,
    };
    (path, node)
}

fn scripts(name: &str) -> BTreeMap<String, String> {
    let script = |kind: &str, text: &str| (kind.to_owned(), text.replace("@NAME@", name));
    [
        script("post-install", POST_INSTALL),
        script("pre-deinstall", PRE_DEINSTALL),
    ]
    .into()
}

/// The index of these packages; upstream gives its indexes no description.
pub fn index(packages: &[&(&Package, Written)]) -> Index {
    let entries = packages.iter().map(|(_, written)| written.entry.clone());
    Index {
        description: String::new(),
        packages: entries.collect(),
    }
}

/// Writes the package files, `packages.adb` and `index.json`.
pub fn write(
    folder: &Folder,
    packages: &[&(&Package, Written)],
    target: &Target,
    key: &Key,
) -> Result<()> {
    for (_, written) in packages {
        folder.write(&file_name(&written.entry), &written.bytes)?;
    }
    folder.write("packages.adb", &index(packages).file(&[key])?)?;
    let names: Vec<&Package> = packages.iter().map(|(package, _)| *package).collect();
    folder.write_json("index.json", &feed::index_v2(target.arch, &names))
}
