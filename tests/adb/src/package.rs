//! A package file `.apk`: what the package is, its files and its scripts, as `apk mkpkg` writes it
//! where all belongs to root.

use std::collections::BTreeMap;

use flate2::Compression;
use sha2::{Digest as _, Sha256};

use crate::data::{Data, Value};
use crate::file::{self, Kind};
use crate::index::{self, Invalid, Package};

/// What a package file says it holds.
pub const SCHEMA: [u8; 4] = *b"pckg";

/// The names of scripts, in the order of their fields.
pub const SCRIPTS: [&str; 7] = [
    "trigger",
    "pre-install",
    "post-install",
    "pre-deinstall",
    "post-deinstall",
    "pre-upgrade",
    "post-upgrade",
];

/// Above the permissions of a symbolic link's target, which is stored as text.
const SYMBOLIC_LINK: [u8; 2] = 0o12_0000_u16.to_le_bytes();

const FOLDER_MODE: u32 = 0o755;

/// Bytes of the digest that a package has of itself.
const IDENTITY: usize = 20;

/// What a path of a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file: its bytes and its permissions.
    File(Vec<u8>, u32),
    /// A symbolic link and what it points to.
    Link(String),
    /// A directory that may be empty; those above other nodes need not be named.
    Directory,
}

/// A package before it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// What the package says of itself; digests and sizes are found out when it is written.
    pub info: Package,
    /// Its files by path, without leading slash.
    pub nodes: BTreeMap<String, Node>,
    /// Its scripts by name, see [`SCRIPTS`].
    pub scripts: BTreeMap<String, String>,
    /// The time of all files, seconds since 1970.
    pub time: u32,
}

/// A package that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file, compressed as OpenWrt has it, but less thoroughly.
    pub bytes: Vec<u8>,
    /// What an index says about it.
    pub entry: Package,
}

/// The files of one folder by name, in order.
type Folder<'a> = Vec<(&'a str, &'a Node)>;

impl Contents {
    /// The file, without a signature: an index vouches for the packages in it.
    pub fn write(&self) -> Result<Written, Invalid> {
        let folders = self.folders();
        let mut entry = Package {
            installed_size: self.installed_size(),
            ..self.info.clone()
        };
        let database = self.database(&folders, &mut entry)?;
        let mut plain = file::plain(SCHEMA, &database, &[]);
        let mut path = 0_u32;
        for files in folders.values() {
            path += 1;
            append(&mut plain, path, files);
        }
        let bytes = file::deflated(&plain, Compression::fast());
        entry.file_size = size(bytes.len());
        Ok(Written { bytes, entry })
    }

    /// The database, and the entry's digests of it.
    fn database(
        &self,
        folders: &BTreeMap<&str, Folder<'_>>,
        entry: &mut Package,
    ) -> Result<Vec<u8>, Invalid> {
        entry.identity.clear();
        let mut data = Data::new();
        let mut fields = index::fields(&mut data, entry)?;
        let paths: Vec<Value> = folders
            .iter()
            .map(|(name, files)| self.folder(&mut data, name, files))
            .collect();
        let identity = data.own_blob(&[0; IDENTITY]);
        fields[index::HASHES] = identity;
        let info = data.slots(&fields);
        let paths = data.slots(&paths);
        let scripts = SCRIPTS.map(|name| {
            let text = self.scripts.get(name).map_or("", String::as_str);
            data.blob(text.as_bytes())
        });
        let scripts = data.slots(&scripts);
        let root = data.slots(&[info, paths, scripts]);
        let mut bytes = data.finish(root).ok_or(Invalid::TooLarge)?;
        entry.identity = Sha256::digest(&bytes)[..IDENTITY].to_vec();
        bytes[identity.offset()..][..IDENTITY].copy_from_slice(&entry.identity);
        entry.hashes = Sha256::digest(&bytes).to_vec();
        Ok(bytes)
    }

    /// Bytes of all files, but never nothing.
    fn installed_size(&self) -> u32 {
        let sizes = self.nodes.values().map(|node| match node {
            Node::File(bytes, _) => bytes.len(),
            _ => 0,
        });
        size(sizes.sum()).max(1)
    }

    /// All folders, also those that only stand above others, by path; the root has none.
    fn folders(&self) -> BTreeMap<&str, Folder<'_>> {
        let mut folders = BTreeMap::from([("", Vec::new())]);
        for (path, node) in &self.nodes {
            for (slash, _) in path.match_indices('/') {
                folders.entry(&path[..slash]).or_default();
            }
            if *node == Node::Directory {
                folders.entry(path).or_default();
            } else {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                folders.entry(folder).or_default().push((name, node));
            }
        }
        folders
    }

    fn folder(&self, data: &mut Data, path: &str, files: &Folder<'_>) -> Value {
        let files: Vec<Value> = files
            .iter()
            .map(|(name, node)| self.file(data, name, node))
            .collect();
        let path = data.blob(path.as_bytes());
        let access = access(data, FOLDER_MODE);
        let files = data.slots(&files);
        data.slots(&[path, access, files])
    }

    fn file(&self, data: &mut Data, name: &str, node: &Node) -> Value {
        let name = data.blob(name.as_bytes());
        let absent = Value::default();
        let (hash, target, mode, length) = match node {
            Node::File(bytes, mode) => {
                let hash = data.blob(&Sha256::digest(bytes));
                (hash, absent, *mode, bytes.len())
            }
            Node::Link(to) => {
                let target = data.blob(&[&SYMBOLIC_LINK[..], to.as_bytes()].concat());
                (absent, target, 0o777, to.len())
            }
            Node::Directory => (absent, absent, FOLDER_MODE, 0),
        };
        let time = data.number(self.time);
        let length = data.number(size(length));
        let access = access(data, mode);
        data.slots(&[name, access, length, time, hash, target])
    }
}

/// Permissions and owner.
fn access(data: &mut Data, mode: u32) -> Value {
    let mode = data.number(mode);
    let root = data.blob(b"root");
    data.slots(&[mode, root, root])
}

/// Appends the bytes of a folder's files, each after the numbers of folder and file.
fn append(plain: &mut Vec<u8>, path: u32, files: &Folder<'_>) {
    for (number, (_, node)) in (1_u32..).zip(files) {
        if let Node::File(bytes, _) = node
            && !bytes.is_empty()
        {
            let place = [path.to_le_bytes(), number.to_le_bytes()].concat();
            file::block(plain, Kind::File, &[&place, bytes]);
        }
    }
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
