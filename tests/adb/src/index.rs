//! An index: its packages, and the data they become.

use flate2::Compression;

use crate::data::{Data, Value};
use crate::file;
use crate::key::Key;

/// What a file of an index says it holds.
pub const SCHEMA: [u8; 4] = *b"indx";

/// What an index says about one package. Empty texts and lists and zeros are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// The name, ABI suffix included.
    pub name: String,
    /// The version, in apk's grammar.
    pub version: String,
    /// The digest of the package's own database.
    pub hashes: Vec<u8>,
    /// The digest the package file has of itself. `mkndx` copies it, and then lets nothing point at
    /// it, because `hashes` takes its place.
    pub identity: Vec<u8>,
    /// One line for people.
    pub description: String,
    /// `x86_64`, `noarch`.
    pub arch: String,
    /// `GPL-2.0`.
    pub license: String,
    /// The folder of its source: `feeds/base/busybox`.
    pub origin: String,
    /// Who looks after it.
    pub maintainer: String,
    /// Where it comes from.
    pub url: String,
    /// Bytes of its files.
    pub installed_size: u32,
    /// Bytes of the package file.
    pub file_size: u32,
    /// See apk's `provider-priority`.
    pub provider_priority: u32,
    /// `name`, `name>=1.0`, `!name`.
    pub depends: Vec<String>,
    /// `name`, `name=1.0`.
    pub provides: Vec<String>,
    /// `name`.
    pub replaces: Vec<String>,
    /// `name`.
    pub install_if: Vec<String>,
    /// `openwrt:abiversion=4`.
    pub tags: Vec<String>,
}

/// An index. Packages are stored by name; versions of one name stay in the order given, which must
/// be the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// What it is an index of.
    pub description: String,
    /// The packages.
    pub packages: Vec<Package>,
}

/// Why an index cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A relation in no form that apk has.
    #[error("“{0}” is no relation; write name, name=1.0 or !name")]
    Relation(String),
    /// More than offsets can reach.
    #[error("the index is too large")]
    TooLarge,
}

impl Index {
    /// The file, compressed as OpenWrt has it, with a signature by each of the keys.
    pub fn file(&self, keys: &[&Key]) -> Result<Vec<u8>, Invalid> {
        let data = self.data()?;
        let signatures: Vec<Vec<u8>> = keys.iter().map(|key| key.sign(SCHEMA, &data)).collect();
        Ok(file::deflated(
            &file::plain(SCHEMA, &data, &signatures),
            Compression::default(),
        ))
    }

    /// The data alone, which are signed.
    pub fn data(&self) -> Result<Vec<u8>, Invalid> {
        let mut data = Data::new();
        let values = self.packages.iter();
        let values: Result<Vec<Value>, _> = values.map(|p| package(&mut data, p)).collect();
        let description = data.blob(self.description.as_bytes());
        let mut sorted: Vec<(&str, Value)> = self.names().zip(values?).collect();
        sorted.sort_by_key(|(name, _)| *name);
        let sorted: Vec<Value> = sorted.into_iter().map(|(_, value)| value).collect();
        let packages = data.slots(&sorted);
        let root = data.slots(&[description, packages]);
        data.finish(root).ok_or(Invalid::TooLarge)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|package| package.name.as_str())
    }
}

/// The digest is written last, as apk learns it last.
fn package(data: &mut Data, package: &Package) -> Result<Value, Invalid> {
    let mut fields = fields(data, package)?;
    fields[FILE_SIZE] = positive(data, package.file_size);
    fields[HASHES] = data.blob(&package.hashes);
    Ok(data.slots(&fields))
}

/// Places of fields that are filled in later.
pub(crate) const HASHES: usize = 2;
const FILE_SIZE: usize = 12;

/// The fields, written in their order, without digest and size of the file.
pub(crate) fn fields(data: &mut Data, package: &Package) -> Result<[Value; 21], Invalid> {
    let [name, version] = [&package.name, &package.version].map(|text| data.blob(text.as_bytes()));
    data.blob(&package.identity);
    let [description, arch, license, origin, maintainer, url] = [
        &package.description,
        &package.arch,
        &package.license,
        &package.origin,
        &package.maintainer,
        &package.url,
    ]
    .map(|text| data.blob(text.as_bytes()));
    let [installed_size, priority] =
        [package.installed_size, package.provider_priority].map(|number| positive(data, number));
    let depends = relations(data, &package.depends)?;
    let provides = relations(data, &package.provides)?;
    let replaces = relations(data, &package.replaces)?;
    let install_if = relations(data, &package.install_if)?;
    let tags: Vec<Value> = sorted(&package.tags)
        .map(|tag| data.blob(tag.as_bytes()))
        .collect();
    let tags = data.slots(&tags);
    let none = Value::default();
    Ok([
        name,
        version,
        none, // the digest
        description,
        arch,
        license,
        origin,
        maintainer,
        url,
        none, // the commit of the source
        none, // the time of the build
        installed_size,
        none, // the size of the file
        priority,
        depends,
        provides,
        replaces,
        install_if,
        none, // what it recommends
        none, // its layer
        tags,
    ])
}

fn positive(data: &mut Data, number: u32) -> Value {
    if number == 0 {
        Value::default()
    } else {
        data.number(number)
    }
}

/// Written in the order given, listed in apk's.
fn relations(data: &mut Data, texts: &[String]) -> Result<Value, Invalid> {
    let mut values = Vec::new();
    for text in texts {
        let relation = Relation::read(text)?;
        let value = relation.write(data);
        values.push((relation, value));
    }
    values.sort_unstable();
    values.dedup();
    let values: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
    Ok(data.slots(&values))
}

fn sorted(texts: &[String]) -> impl Iterator<Item = &String> {
    let mut sorted: Vec<&String> = texts.iter().collect();
    sorted.sort_unstable();
    sorted.into_iter()
}

/// The bits of an operator.
const EQUAL: u32 = 1;
const LESS: u32 = 2;
const GREATER: u32 = 4;
const FUZZY: u32 = 8;
const ANY: u32 = LESS | EQUAL | GREATER;
const CONFLICT: u32 = 16;

/// A name, which of its versions count, and how they are compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Relation<'a> {
    name: &'a str,
    version: &'a str,
    operator: u32,
}

impl<'a> Relation<'a> {
    fn read(text: &'a str) -> Result<Self, Invalid> {
        let sign = |c: char| "<>=~".contains(c);
        let (conflict, rest) = match text.strip_prefix('!') {
            Some(rest) => (CONFLICT, rest),
            None => (0, text),
        };
        let (name, rest) = rest.split_at(rest.find(sign).unwrap_or(rest.len()));
        let version = rest.trim_start_matches(sign);
        let signs = &rest[..rest.len() - version.len()];
        let operator = signs.chars().map(bits).fold(0, std::ops::BitOr::bitor);
        if name.is_empty() || signs.is_empty() != version.is_empty() {
            return Err(Invalid::Relation(text.to_owned()));
        }
        let operator = if operator == 0 { ANY } else { operator } | conflict;
        Ok(Self {
            name,
            version,
            operator,
        })
    }

    /// As it is written in a package's description.
    pub(crate) fn text(name: &str, version: &str, operator: u32) -> String {
        let sign = |bit, sign| if operator & bit == bit { sign } else { "" };
        let signs = match operator & !CONFLICT {
            _ if version.is_empty() => String::new(),
            0 => "=".to_owned(),
            signs if signs & FUZZY == FUZZY => {
                format!("{}{}~", sign(LESS, "<"), sign(GREATER, ">"))
            }
            _ => [sign(LESS, "<"), sign(GREATER, ">"), sign(EQUAL, "=")].concat(),
        };
        format!("{}{name}{signs}{version}", sign(CONFLICT, "!"))
    }

    /// Neither the absence of a version nor `=` is written down.
    fn write(&self, data: &mut Data) -> Value {
        let name = data.blob(self.name.as_bytes());
        let version = data.blob(self.version.as_bytes());
        let operator = match self.operator {
            ANY | EQUAL => Value::default(),
            operator => data.number(operator),
        };
        data.slots(&[name, version, operator])
    }
}

fn bits(sign: char) -> u32 {
    match sign {
        '<' => LESS,
        '>' => GREATER,
        '~' => FUZZY | EQUAL,
        _ => EQUAL,
    }
}
