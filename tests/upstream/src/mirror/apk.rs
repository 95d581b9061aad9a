//! Feeds of apk: the index in both its forms. Package files come with the ImageBuilder that needs
//! them.

use anyhow::Result;
use asu_test_adb::{Index, Key};

use super::feed;
use super::tree::Folder;
use crate::world::package::Package;
use crate::world::release::Target;

/// The key that signs the mirror's indexes. Everybody can know it: it is derived from this sentence.
pub fn key() -> Key {
    Key::of("the apk key of a test mirror, known to everybody")
}

/// The index of these packages; upstream gives its indexes no description.
pub fn index(packages: &[&Package]) -> Index {
    Index {
        description: String::new(),
        packages: packages.iter().map(|package| package.entry()).collect(),
    }
}

/// Writes `packages.adb` and `index.json`.
pub fn write(folder: &Folder, packages: &[&Package], target: &Target, key: &Key) -> Result<()> {
    folder.write("packages.adb", &index(packages).file(&[key])?)?;
    folder.write_json("index.json", &feed::index_v2(target.arch, packages))
}
