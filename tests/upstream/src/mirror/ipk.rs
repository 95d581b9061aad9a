//! Package files: gzip of a tar of `debian-binary`, `data.tar.gz` and `control.tar.gz`.

use std::collections::BTreeSet;

use anyhow::Result;
use flate2::Compression;
use tar::Builder;

use crate::format::pack;
use crate::format::stanza::Stanza;
use crate::world::contents::{self, Node};
use crate::world::package::Package;
use crate::world::release::{Release, Target};

/// A package file and what an index says about it.
pub struct Ipk {
    /// The file.
    pub bytes: Vec<u8>,
    /// The control file.
    pub control: Stanza,
}

/// Runs after unpacking, on the router and while an image is assembled.
const POSTINST: &str = r#"#!/bin/sh
[ "$IPKG_NO_SCRIPT" = 1 ] && exit 0
functions="$IPKG_INSTROOT/lib/functions.sh"
[ -s "$functions" ] || exit 0
. "$functions"
default_postinst "$0" "$@"
"#;

/// Runs before a package is removed.
const PRERM: &str = r#"#!/bin/sh
functions="$IPKG_INSTROOT/lib/functions.sh"
[ -s "$functions" ] || exit 0
. "$functions"
default_prerm "$0" "$@"
"#;

/// Builds the package file.
pub fn build(package: &Package, release: &Release, target: &Target) -> Result<Ipk> {
    let nodes = contents::of(package, release, target);
    let data = archive(&with_parents(&nodes), release.epoch)?;
    let control = package.control(release, data.len());
    let control_files = control_files(&control, &contents::conffiles(&nodes));
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("data.tar.gz", gzip(&data)?),
        (
            "control.tar.gz",
            gzip(&archive(&control_files, release.epoch)?)?,
        ),
    ];
    let members = members.map(|(name, bytes)| (name.to_owned(), Node::File(bytes, false)));
    let bytes = gzip(&archive(&members, release.epoch)?)?;
    Ok(Ipk { bytes, control })
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    pack::gzip(bytes, Compression::fast())
}

fn control_files(control: &Stanza, conffiles: &[String]) -> Vec<(String, Node)> {
    let file = |name: &str, text: String, executable| {
        (name.to_owned(), Node::File(text.into_bytes(), executable))
    };
    let mut files = vec![(String::new(), Node::Directory)];
    if !conffiles.is_empty() {
        files.push(file("conffiles", conffiles.join("\n") + "\n", false));
    }
    files.push(file("control", control.to_string(), false));
    files.push(file("postinst", POSTINST.to_owned(), true));
    files.push(file("prerm", PRERM.to_owned(), true));
    files
}

/// The nodes with every directory above them, sorted.
fn with_parents(nodes: &[(String, Node)]) -> Vec<(String, Node)> {
    let mut folders = BTreeSet::from([String::new()]);
    for (path, _) in nodes {
        folders.extend(
            path.match_indices('/')
                .map(|(slash, _)| path[..slash].to_owned()),
        );
    }
    let missing = folders.into_iter().map(|path| (path, Node::Directory));
    let mut all: Vec<_> = missing.chain(nodes.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all
}

/// An archive with names as `./path`, directories as `./path/`.
fn archive(nodes: &[(String, Node)], mtime: u64) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (path, node) in nodes {
        let slash = if matches!(node, Node::Directory) && !path.is_empty() {
            "/"
        } else {
            ""
        };
        pack::add(&mut tar, &format!("./{path}{slash}"), node, mtime)?;
    }
    tar.into_inner()
}
