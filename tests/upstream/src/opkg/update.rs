//! `opkg update`: fetches the index of each feed and checks its signature.

use std::fs;
use std::path::{Path, PathBuf};

use super::config::{Config, Feed};
use super::fetch;
use super::package::{Package, Source};
use crate::format::pack::gunzip;
use crate::format::{stanza, usign};

/// Fetches all indexes; the count of those that failed, and why.
pub(super) fn run(config: &Config) -> (i32, Vec<String>) {
    let mut errors = Vec::new();
    let mut failures = 0;
    for feed in &config.feeds {
        if !update(config, feed, &mut errors) {
            failures += 1;
        }
    }
    (failures, errors)
}

fn update(config: &Config, feed: &Feed, errors: &mut Vec<String>) -> bool {
    let list = config.lists().join(&feed.name);
    let index = if feed.is_compressed {
        "Packages.gz"
    } else {
        "Packages"
    };
    let url = format!("{}/{index}", feed.url);
    println!("Downloading {url}");
    if let Err(reason) = fetch_to(&url, &list) {
        errors.push(reason);
        println!("*** Failed to download the package list from {url}\n");
        return false;
    }
    println!(
        "Updated list of available packages in {}",
        shown(config, &list)
    );
    !config.checks_signatures || check(feed, &list, errors)
}

/// The path as opkg prints it: the offline root, a slash, and the path inside.
fn shown(config: &Config, path: &Path) -> String {
    let inside = path.strip_prefix(&config.offline_root).unwrap_or(path);
    format!("{}//{}", config.offline_root.display(), inside.display())
}

/// Checks a list's signature and removes the list if it is wrong; only a missing signature is a
/// failure.
fn check(feed: &Feed, list: &Path, errors: &mut Vec<String>) -> bool {
    let url = format!("{}/Packages.sig", feed.url);
    println!("Downloading {url}");
    let is_good = match fetch::get(&url) {
        Err(reason) => {
            errors.push(reason);
            println!("Signature file download failed.");
            None
        }
        Ok(signature) => Some(is_signed(list, &signature)),
    };
    match is_good {
        Some(true) => println!("Signature check passed."),
        Some(false) => println!("Signature check failed."),
        None => {}
    }
    if is_good != Some(true) {
        println!("Remove wrong Signature file.");
        let _ = fs::remove_file(list);
    }
    is_good.is_some()
}

fn is_signed(list: &Path, signature: &[u8]) -> bool {
    let keys = std::env::var_os("OPKG_KEYS").map_or_else(|| "/etc/opkg/keys".into(), PathBuf::from);
    let Ok(index) = read_list(list) else {
        return false;
    };
    usign::verify_with_directory(&keys, &index, &String::from_utf8_lossy(signature))
}

fn fetch_to(url: &str, path: &Path) -> Result<(), fetch::Reason> {
    let bytes = fetch::get(url)?;
    let write = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, &bytes)
    };
    write().map_err(|error| format!("opkg_download: cannot write {}: {error}.", path.display()))
}

/// The packages of all lists.
pub(super) fn available(config: &Config) -> Vec<Package> {
    let mut packages = Vec::new();
    for feed in &config.feeds {
        let list = read_list(&config.lists().join(&feed.name)).unwrap_or_default();
        for stanza in stanza::parse(&String::from_utf8_lossy(&list)) {
            let mut package = Package::new(stanza, Some(Source::Feed(feed.url.clone())));
            let arch = package.stanza.get("Architecture").to_owned();
            package.is_foreign = !config.arches.contains(&arch);
            packages.push(package);
        }
    }
    packages
}

/// A list's text, whether it is compressed or not.
fn read_list(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    gunzip(&bytes).or(Ok(bytes))
}
