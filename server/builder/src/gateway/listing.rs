//! What an index says about the package files beside it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufReader, Seek};
use std::path::Path;

use asu_index::{Package, adb, opkg};

use super::store::Body;

/// Largest unpacked `Packages` accepted, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// What a file of a feed is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// opkg's `Packages`.
    Opkg,
    /// opkg's `Packages.gz`.
    OpkgPacked,
    /// apk's `packages.adb`, or a feed's other name for it.
    Apk,
    /// A file beside the index, such as its signature; it lists nothing.
    Beside,
}

impl Form {
    /// The form of what changes from time to time; none for packages.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "Packages" => Some(Self::Opkg),
            "Packages.gz" => Some(Self::OpkgPacked),
            "Packages.sig" | "Packages.manifest" | "index.json" => Some(Self::Beside),
            name => is_adb(name).then_some(Self::Apk),
        }
    }
}

/// Whether a path is that of an index of apk, whatever else it is called.
pub(super) fn is_adb(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "adb")
}

/// The packages of an index, by file.
#[derive(Debug, Default)]
pub(super) struct Listing(HashMap<String, Listed>);

/// What an index says about one package file.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// The package's name.
    pub(super) name: String,
    /// Bytes of the file; absent where the index does not say.
    pub(super) size: Option<u64>,
    pub(super) digest: Digest,
}

/// A SHA-256, 64 lower-case hex digits.
#[derive(Debug, Clone)]
pub(super) enum Digest {
    /// Of the whole file: opkg.
    File(String),
    /// Of the database in it: apk.
    Database(String),
}

impl Listing {
    /// Reads an index; packages without a digest are left out.
    pub(super) fn read(form: Form, index: &[u8]) -> Result<Self, String> {
        let packages = match form {
            Form::Beside => Vec::new(),
            Form::Apk => {
                let database = adb::Database::open(index).map_err(|error| error.to_string())?;
                database.packages().map_err(|error| error.to_string())?
            }
            Form::Opkg | Form::OpkgPacked => {
                let text = unpacked(form, index)?;
                let reading = opkg::read(&text).map_err(|error| error.to_string())?;
                if !reading.is_whole() {
                    return Err("it ends in the middle of a line".to_owned());
                }
                reading.packages
            }
        };
        let listed = packages.into_iter().filter_map(|package| of(form, package));
        Ok(Self(listed.collect()))
    }

    /// What is said about a file, named relative to the index.
    pub(super) fn get(&self, file: &str) -> Option<&Listed> {
        self.0.get(file)
    }

    /// How many packages there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn of(form: Form, package: Package) -> Option<(String, Listed)> {
    let digest = match form {
        Form::Apk => Digest::Database(package.sha256),
        _ => Digest::File(package.sha256),
    };
    let listed = Listed {
        name: package.name,
        size: Some(package.size).filter(|size| *size > 0),
        digest,
    };
    let is_sha256 = listed.digest.hex().len() == 64;
    is_sha256.then_some((package.filename, listed))
}

impl Digest {
    fn hex(&self) -> &str {
        match self {
            Self::File(hex) | Self::Database(hex) => hex,
        }
    }
}

impl Listed {
    /// Whether `body` is the file listed.
    pub(super) fn check(&self, body: &Body) -> Result<(), String> {
        let Body { file, size, sha256 } = body;
        if let Some(listed) = self.size.filter(|listed| listed != size) {
            return Err(format!("it has {size} bytes, and not {listed}"));
        }
        match &self.digest {
            Digest::File(listed) if listed == sha256 => Ok(()),
            Digest::File(listed) => Err(format!("it has the SHA-256 {sha256}, and not {listed}")),
            Digest::Database(listed) => {
                let mut file = BufReader::new(file);
                file.rewind().map_err(|error| error.to_string())?;
                adb::check_package(file, listed).map_err(|error| error.to_string())
            }
        }
    }

    /// Tells the contents of package files apart.
    pub(super) fn key(&self) -> String {
        match &self.digest {
            Digest::File(hex) => format!("sha256:{hex}"),
            Digest::Database(hex) => format!("apk:{hex}"),
        }
    }
}

/// The text of `Packages`, unpacked if it is `Packages.gz`.
pub(super) fn unpacked(form: Form, index: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if form != Form::OpkgPacked {
        return Ok(Cow::Borrowed(index));
    }
    let unpacked = opkg::unpack(index, MAX_BYTES).map_err(|error| error.to_string())?;
    Ok(Cow::Owned(unpacked))
}
