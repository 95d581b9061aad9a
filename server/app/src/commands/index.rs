//! `asu-server index`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use asu_index::opkg::Stanzas;
use asu_index::{Flavour, Package, adb, opkg};
use serde_json::{Value, json};

use super::{Error, Output, read};

/// Largest unpacked index accepted, bytes.
const MAX_BYTES: u64 = 256 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The index.
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// An index, unpacked.
pub(crate) enum Index {
    /// opkg's `Packages`.
    Opkg(Vec<u8>),
    /// apk's `packages.adb`.
    Apk(adb::Database),
    /// `index.json`, which has names and versions only.
    Names(Value),
}

impl Index {
    /// Tells the format by the file's first bytes.
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Error> {
        Ok(match bytes.as_slice() {
            [b'A', b'D', b'B', ..] => Self::Apk(adb::Database::open(&bytes)?),
            [0x1f, 0x8b, ..] => Self::Opkg(opkg::unpack(&bytes, MAX_BYTES)?),
            [b'{', ..] => Self::Names(serde_json::from_slice(&bytes)?),
            _ => Self::Opkg(bytes),
        })
    }

    /// Its packages, with all that solving needs.
    pub(crate) fn packages(&self) -> Result<(Flavour, Vec<Package>), Error> {
        match self {
            Self::Opkg(text) => Ok((Flavour::Opkg, opkg::read(text)?.packages)),
            Self::Apk(database) => Ok((Flavour::Apk, database.packages()?)),
            Self::Names(_) => Err(
                "index.json names packages and versions only; give the Packages \
                                   or packages.adb beside it"
                    .into(),
            ),
        }
    }

    /// All it says: for opkg a list of stanzas, for apk what `apk adbdump --format json` says.
    fn document(&self) -> Result<Value, Error> {
        match self {
            Self::Opkg(text) => {
                opkg::read(text)?;
                let text = String::from_utf8_lossy(text);
                Ok(json!(Stanzas::of(&text).collect::<Vec<_>>()))
            }
            Self::Apk(database) => Ok(serde_json::to_value(database.to_json()?)?),
            Self::Names(document) => Ok(document.clone()),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let index = Index::open(read(&args.file)?)?;
    args.output.print(&index.document()?, |out, document| {
        table(out, &index, document)
    })
}

fn table(out: &mut dyn Write, index: &Index, document: &Value) -> io::Result<()> {
    if let Ok((_, packages)) = index.packages() {
        return packages.iter().try_for_each(|package| {
            let Package {
                name,
                version,
                size,
                ..
            } = package;
            writeln!(out, "{name:<40} {version:<32} {size:>10}")
        });
    }
    let names = document["packages"].as_object().into_iter().flatten();
    let names: BTreeMap<&String, &Value> = names.collect();
    names.into_iter().try_for_each(|(name, version)| {
        writeln!(out, "{name:<40} {}", version.as_str().unwrap_or_default())
    })
}
