//! Tar archives that are the same for the same content.

use std::io::{self, Read, Write};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::world::contents::Node;

/// Adds a node under exactly this name, such as `./etc/`, which the tar crate would shorten.
pub fn add<W: Write>(tar: &mut Builder<W>, name: &str, node: &Node, mtime: u64) -> io::Result<()> {
    let mut header = header(node, mtime);
    let field = &mut header.as_old_mut().name;
    if name.len() > field.len() {
        let reason = format!("{name} is too long for a tar header; shorten it");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    field[..name.len()].copy_from_slice(name.as_bytes());
    if let Node::Link(to) = node {
        header.set_link_name(to)?;
    }
    header.set_cksum();
    tar.append(&header, contents(node))
}

/// Adds a node under a name of any length.
pub fn add_long<W: Write>(
    tar: &mut Builder<W>,
    name: &str,
    node: &Node,
    mtime: u64,
) -> io::Result<()> {
    let mut header = header(node, mtime);
    match node {
        Node::Link(to) => tar.append_link(&mut header, name, to),
        _ => tar.append_data(&mut header, name, contents(node)),
    }
}

fn header(node: &Node, mtime: u64) -> Header {
    let (kind, mode, size) = match node {
        Node::File(bytes, false) => (EntryType::Regular, 0o644, bytes.len()),
        Node::File(bytes, true) => (EntryType::Regular, 0o755, bytes.len()),
        Node::Link(_) => (EntryType::Symlink, 0o777, 0),
        Node::Directory => (EntryType::Directory, 0o755, 0),
    };
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(mtime);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size as u64);
    header
}

fn contents(node: &Node) -> &[u8] {
    match node {
        Node::File(bytes, _) => bytes,
        _ => &[],
    }
}

/// Compresses with gzip, without name and time.
pub fn gzip(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Decompresses gzip.
pub fn gunzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}
