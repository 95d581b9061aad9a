//! Indexes: fetched and checked, or made of package files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use asu_test_adb::{Database, Index, Key, Package as Entry, PublicKey};
use sha2::{Digest as _, Sha256};

use super::config::Config;
use super::package::Package;
use crate::fetch::{self, Failure};

/// The packages of all repositories, those of the first ones first; says which cannot be used.
pub(super) fn available(config: &Config) -> Vec<Package> {
    let keys = config.keys();
    let mut packages: Vec<Package> = Vec::new();
    for url in &config.repositories {
        match open(config, url, &keys) {
            Ok(found) => {
                let is_new = |package: &Package| {
                    let mut known = packages.iter();
                    !known.any(|other| other.entry.hashes == package.entry.hashes)
                };
                let found: Vec<Package> = found.into_iter().filter(is_new).collect();
                packages.extend(found);
            }
            Err(reason) => {
                let doing = if fetch::path(url).is_some() {
                    "opening"
                } else {
                    "updating and opening"
                };
                eprintln!("WARNING: {doing} {url}: {reason}");
            }
        }
    }
    packages
}

fn open(config: &Config, url: &str, keys: &[PublicKey]) -> Result<Vec<Package>, String> {
    let kept = cached(config, url);
    let known = kept.as_ref().and_then(|path| fs::read(path).ok());
    let bytes = match &known {
        Some(bytes) => bytes.clone(),
        None => fetch::get(url).map_err(|failure| worded(&failure))?,
    };
    let broken = || "unexpected end of file".to_owned();
    let database = Database::open(&bytes).ok_or_else(broken)?;
    if !config.has("allow-untrusted") && !database.is_signed_by(keys) {
        return Err("UNTRUSTED signature".to_owned());
    }
    if let Some(path) = kept.filter(|_| known.is_none()) {
        // An index that cannot be kept is fetched again next time.
        let _ = fs::write(path, &bytes);
    }
    let folder = url.rsplit_once('/').map_or("", |(folder, _)| folder);
    let entries = database.packages().ok_or_else(broken)?;
    let packages = entries.into_iter();
    Ok(packages.map(|entry| Package::new(entry, folder)).collect())
}

/// Where an index of the network is kept; apk calls it as its old form was called.
fn cached(config: &Config, url: &str) -> Option<std::path::PathBuf> {
    let digest = hex::encode(&Sha256::digest(url)[..4]);
    let folder = config
        .cache
        .as_ref()
        .filter(|_| fetch::path(url).is_none())?;
    Some(folder.join(format!("APKINDEX.{digest}.tar.gz")))
}

/// A failure in apk's words.
pub(super) fn worded(failure: &Failure) -> String {
    match failure {
        Failure::Absent => "No such file or directory".to_owned(),
        Failure::Answer(status, words) => format!("HTTP {status}: {words}"),
        Failure::Refused => "Connection refused".to_owned(),
        Failure::Network => "network error (check Internet connection and firewall)".to_owned(),
    }
}

/// What an index says of a package file.
pub fn entry(file: &[u8]) -> Option<Entry> {
    let database = Database::open(file)?;
    let info = database.package()?.info;
    Some(Entry {
        identity: info.hashes.clone(),
        hashes: Sha256::digest(&database.data).to_vec(),
        file_size: u32::try_from(file.len()).unwrap_or(u32::MAX),
        ..info
    })
}

/// `apk mkndx --output INDEX [--sign KEY] FILE…`
pub(super) fn make(config: &Config, files: &[String]) -> Result<()> {
    let mut packages = Vec::new();
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {file}"))?;
        packages.push(entry(&bytes).with_context(|| format!("{file} is no package"))?);
    }
    let key = config.sign.as_deref().map(secret).transpose()?;
    let index = Index {
        description: String::new(),
        packages,
    };
    let keys: Vec<&Key> = key.iter().collect();
    let output = config.output.as_ref().context("say --output INDEX")?;
    fs::write(output, index.file(&keys)?)
        .with_context(|| format!("cannot write {}", output.display()))
}

fn secret(path: &Path) -> Result<Key> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Key::parse_secret(&text).with_context(|| format!("{} is no secret key", path.display()))
}
