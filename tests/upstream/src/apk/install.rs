//! `apk add`: all packages are chosen before the first one is installed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use asu_test_adb::package::Node;
use asu_test_adb::{Contents, Database};
use sha2::{Digest as _, Sha256};

use super::config::Config;
use super::database::{self, Installed};
use super::index::{self, worded};
use super::package::{Package, Relation};
use super::solve::{Complaint, solve};
use crate::fetch;

/// Runs the command; the exit code.
pub(super) fn run(config: &Config, wanted: &[String]) -> i32 {
    if config.has("initdb")
        && let Err(error) = database::create(&config.root, &config.arch)
    {
        eprintln!("ERROR: Failed to create initial apk database: {error}");
        return 99;
    }
    let available = index::available(config);
    let world: Vec<Relation> = wanted.iter().map(|word| Relation::read(word)).collect();
    match solve(&available, &world) {
        Err(complaints) => {
            report(&complaints);
            i32::try_from(complaints.len()).unwrap_or(1)
        }
        Ok(order) => {
            let packages: Vec<&Package> = order.iter().map(|index| &available[*index]).collect();
            install(config, &packages, wanted)
        }
    }
}

fn report(complaints: &[Complaint]) {
    eprintln!("ERROR: unable to select packages:");
    for (heading, lines) in complaints {
        eprintln!("  {heading}:");
        for (kind, texts) in lines {
            let gap = format!("\n{:1$}", "", kind.len() + 6);
            eprintln!("    {kind}: {}", texts.join(&gap));
        }
    }
}

/// Installs what can be; the count of packages that cannot.
fn install(config: &Config, packages: &[&Package], world: &[String]) -> i32 {
    let mut installed = Vec::new();
    let mut owners = BTreeMap::new();
    let mut errors = 0;
    let width = packages.len().to_string().len();
    for (number, package) in (1..).zip(packages) {
        let (name, version) = (&package.entry.name, &package.entry.version);
        println!(
            "({number:>width$}/{}) Installing {name} ({version})",
            packages.len()
        );
        if config.has("simulate") {
            continue;
        }
        match add(config, package, &mut owners) {
            Ok((contents, clashes)) => {
                let entry = package.entry.clone();
                installed.push(Installed { entry, contents });
                errors += i32::from(!clashes.is_empty());
                for (path, owner) in clashes {
                    eprintln!("ERROR: {package}: trying to overwrite {path} owned by {owner}.");
                }
            }
            Err(reason) => {
                errors += 1;
                eprintln!("ERROR: {package}: {reason}");
            }
        }
    }
    if config.has("simulate") {
        return 0;
    }
    if let Err(error) = database::save(&config.root, &mut installed, world) {
        eprintln!("ERROR: Failed to write apk database: {error}");
        return 1;
    }
    println!("{}", summary(&installed, errors));
    errors
}

fn summary(installed: &[Installed], errors: i32) -> String {
    let sizes = installed.iter().map(|p| u64::from(p.entry.installed_size));
    let result = match errors {
        0 => "OK:".to_owned(),
        1 => "1 error;".to_owned(),
        errors => format!("{errors} errors;"),
    };
    let (size, count) = (human(sizes.sum()), installed.len());
    format!("{result} {size} in {count} packages")
}

/// A size as apk tells it to people, with tenths from a megabyte on.
fn human(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_240_000 => format!("{} KiB", bytes / 1024),
        _ => {
            let tenths = (bytes * 10 + (1 << 19)) >> 20;
            format!("{}.{} MiB", tenths / 10, tenths % 10)
        }
    }
}

/// Files that stay as they are, because another package owns them: path and owner.
type Clashes = Vec<(String, String)>;

fn add(
    config: &Config,
    package: &Package,
    owners: &mut BTreeMap<String, String>,
) -> Result<(Contents, Clashes), String> {
    let contents = file(config, package)?;
    let mut clashes = Vec::new();
    for (path, node) in &contents.nodes {
        if *node != Node::Directory {
            if let Some(owner) = owners.get(path) {
                clashes.push((path.clone(), owner.clone()));
                continue;
            }
            owners.insert(path.clone(), package.to_string());
        }
        put(&config.root, path, node).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok((contents, clashes))
}

/// The package file, from the cache or its feed, if it is the one the index means.
fn file(config: &Config, package: &Package) -> Result<Contents, String> {
    let digest = hex::encode(&package.entry.hashes[..package.entry.hashes.len().min(4)]);
    let kept = config
        .cache
        .as_ref()
        .map(|dir| dir.join(format!("{package}.{digest}.apk")));
    if let Some(bytes) = kept.as_ref().and_then(|path| fs::read(path).ok())
        && let Ok(contents) = check(package, &bytes)
    {
        return Ok(contents);
    }
    let url = format!("{}/{}", package.folder, package.file_name());
    let bytes = fetch::get(&url).map_err(|failure| worded(&failure))?;
    let contents = check(package, &bytes)?;
    if let Some(path) = kept.filter(|_| fetch::path(&url).is_none()) {
        // A package that cannot be kept is fetched again next time.
        let _ = fs::write(path, &bytes);
    }
    Ok(contents)
}

fn check(package: &Package, bytes: &[u8]) -> Result<Contents, String> {
    let broken = || "unexpected end of file".to_owned();
    let database = Database::open(bytes).ok_or_else(broken)?;
    if Sha256::digest(&database.data)[..] != package.entry.hashes {
        return Err("ADB integrity error".to_owned());
    }
    database.package().ok_or_else(broken)
}

fn put(root: &Path, path: &str, node: &Node) -> io::Result<()> {
    let path = root.join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match node {
        Node::Directory => fs::create_dir_all(path),
        Node::Link(to) => symlink(to, path),
        Node::File(bytes, mode) => {
            fs::write(&path, bytes)?;
            fs::set_permissions(path, fs::Permissions::from_mode(*mode))
        }
    }
}
