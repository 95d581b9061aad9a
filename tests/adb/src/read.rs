//! Reads what this crate writes, and what apk-tools does: compressed by deflate or not at all.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::file::ALIGNMENT;
use crate::index::{self, Package, Relation};
use crate::key::PublicKey;
use crate::package::{self, Contents, Node};

/// A file of apk, taken apart; nothing of it is believed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// What it holds: [`index::SCHEMA`], [`package::SCHEMA`].
    pub schema: [u8; 4],
    /// The data, which are hashed and signed.
    pub data: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    files: Vec<Vec<u8>>,
}

impl Database {
    /// Takes a file apart; none if it is cut off or of another form.
    pub fn open(file: &[u8]) -> Option<Self> {
        let plain = match file.split_at_checked(4)? {
            (b"ADBd", packed) => {
                let mut plain = Vec::new();
                DeflateDecoder::new(packed).read_to_end(&mut plain).ok()?;
                plain
            }
            _ => file.to_vec(),
        };
        let (schema, mut rest) = plain.strip_prefix(b"ADB.")?.split_at_checked(4)?;
        let mut database = Self {
            schema: schema.try_into().ok()?,
            ..Self::default()
        };
        while let Some((header, _)) = rest.split_at_checked(4) {
            let header = u32::from_le_bytes(header.try_into().ok()?);
            let size = (header & 0x3fff_ffff) as usize;
            let payload = rest.get(4..size)?.to_vec();
            match header >> 30 {
                0 => database.data = payload,
                1 => database.signatures.push(payload),
                2 => database.files.push(payload),
                _ => return None,
            }
            rest = rest.get(size.next_multiple_of(ALIGNMENT)..)?;
        }
        (!database.data.is_empty()).then_some(database)
    }

    /// Whether one of the keys signed it.
    pub fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let verifies = |signature: &Vec<u8>| {
            keys.iter()
                .any(|key| key.verifies(self.schema, &self.data, signature))
        };
        self.signatures.iter().any(verifies)
    }

    /// The packages of an index.
    pub fn packages(&self) -> Option<Vec<Package>> {
        let packages = self.root(index::SCHEMA)?.field(2)?.items()?;
        packages.into_iter().map(Value::package).collect()
    }

    /// The package in a package file. Owners are not looked at, nor are the modes of folders.
    pub fn package(&self) -> Option<Contents> {
        let root = self.root(package::SCHEMA)?;
        let mut contents = Contents {
            info: root.field(1)?.package()?,
            ..Contents::default()
        };
        for (number, path) in (1_u32..).zip(root.field(2)?.items()?) {
            self.folder(number, path, &mut contents)?;
        }
        let scripts = root.field(3)?;
        for (number, name) in (1..).zip(package::SCRIPTS) {
            let text = scripts.field(number)?.text()?;
            if !text.is_empty() {
                contents.scripts.insert(name.to_owned(), text);
            }
        }
        Some(contents)
    }

    fn folder(&self, number: u32, folder: Value<'_>, contents: &mut Contents) -> Option<()> {
        let path = folder.field(1)?.text()?;
        if !path.is_empty() {
            contents.nodes.insert(path.clone(), Node::Directory);
        }
        for (place, file) in (1_u32..).zip(folder.field(3)?.items()?) {
            let name = file.field(1)?.text()?;
            let target = file.field(6)?.bytes()?;
            contents.time = file.field(4)?.number()?;
            let node = if let Some(to) = target.get(2..) {
                Node::Link(String::from_utf8(to.to_vec()).ok()?)
            } else {
                let mode = file.field(2)?.field(1)?.number()?;
                let length = file.field(3)?.number()?;
                Node::File(self.bytes_of(number, place, length)?, mode)
            };
            let separator = if path.is_empty() { "" } else { "/" };
            contents
                .nodes
                .insert(format!("{path}{separator}{name}"), node);
        }
        Some(())
    }

    /// The bytes of a file; empty ones have no block.
    fn bytes_of(&self, folder: u32, file: u32, length: u32) -> Option<Vec<u8>> {
        if length == 0 {
            return Some(Vec::new());
        }
        let place = [folder.to_le_bytes(), file.to_le_bytes()].concat();
        let bytes = self
            .files
            .iter()
            .find_map(|block| block.strip_prefix(&place[..]))?;
        (bytes.len() == length as usize).then(|| bytes.to_vec())
    }

    fn root(&self, schema: [u8; 4]) -> Option<Value<'_>> {
        let data = &self.data;
        let root = Value {
            data,
            word: word(data, 4)?,
        };
        (self.schema == schema).then_some(root)
    }
}

/// A value of a database; see `data`, which writes them.
#[derive(Clone, Copy)]
struct Value<'a> {
    data: &'a [u8],
    word: u32,
}

impl<'a> Value<'a> {
    fn at(self) -> usize {
        (self.word & 0x0fff_ffff) as usize
    }

    /// A field of an object; nothing where it is left out.
    fn field(self, number: usize) -> Option<Self> {
        if self.word == 0 {
            return Some(self);
        }
        let count = word(self.data, self.at())? as usize;
        let word = if number < count {
            word(self.data, self.at() + 4 * number)?
        } else {
            0
        };
        Some(Self { word, ..self })
    }

    fn items(self) -> Option<Vec<Self>> {
        let count = if self.word == 0 {
            1
        } else {
            word(self.data, self.at())? as usize
        };
        (1..count).map(|number| self.field(number)).collect()
    }

    fn number(self) -> Option<u32> {
        match self.word >> 28 {
            0 | 1 => Some(self.word & 0x0fff_ffff),
            2 => word(self.data, self.at()),
            _ => None,
        }
    }

    fn bytes(self) -> Option<&'a [u8]> {
        let rest = self.data.get(self.at()..)?;
        let width = match self.word >> 28 {
            0 => return Some(&[]),
            8 => 1,
            9 => 2,
            10 => 4,
            _ => return None,
        };
        let (length, bytes) = rest.split_at_checked(width)?;
        let length = length
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        bytes.get(..length)
    }

    fn text(self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn texts(self) -> Option<Vec<String>> {
        self.items()?.into_iter().map(Self::text).collect()
    }

    fn relations(self) -> Option<Vec<String>> {
        let relation = |item: Self| {
            let (name, version) = (item.field(1)?.text()?, item.field(2)?.text()?);
            Some(Relation::text(&name, &version, item.field(3)?.number()?))
        };
        self.items()?.into_iter().map(relation).collect()
    }

    fn package(self) -> Option<Package> {
        let text = |number| self.field(number)?.text();
        let number = |number| self.field(number)?.number();
        let relations = |number| self.field(number)?.relations();
        Some(Package {
            name: text(1)?,
            version: text(2)?,
            hashes: self.field(3)?.bytes()?.to_vec(),
            identity: Vec::new(),
            description: text(4)?,
            arch: text(5)?,
            license: text(6)?,
            origin: text(7)?,
            maintainer: text(8)?,
            url: text(9)?,
            installed_size: number(12)?,
            file_size: number(13)?,
            provider_priority: number(14)?,
            depends: relations(15)?,
            provides: relations(16)?,
            replaces: relations(17)?,
            install_if: relations(18)?,
            tags: self.field(21)?.texts()?,
        })
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.get(..4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
