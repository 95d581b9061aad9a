//! A stanza as a package.

use crate::package::{Alternative, Dependency, Package, Provided, Relation};

use super::relations::{dependencies, names};
use super::{Problem, Stanza};

/// The package a stanza describes, or why opkg never installs it.
pub(super) fn package(stanza: &Stanza<'_>) -> Result<Package, Problem> {
    let mut package = Package::default();
    for field in stanza.fields.iter().filter(|field| !field.value.is_empty()) {
        set(&mut package, field.name, field.first_line());
    }
    match &package {
        Package { name, .. } if name.is_empty() => Err(Problem::NoName),
        Package { version, .. } if version.is_empty() => Err(Problem::NoVersion),
        Package { arch, .. } if arch.is_empty() => Err(Problem::NoArchitecture),
        _ => Ok(package),
    }
}

/// Of a field that is there twice, opkg keeps the last text, but all items of a list.
fn set(package: &mut Package, name: &str, value: &str) {
    match name {
        "Package" => value.clone_into(&mut package.name),
        "Version" => value.clone_into(&mut package.version),
        "Architecture" => value.clone_into(&mut package.arch),
        // opkg keeps both kinds in one list.
        "Depends" | "Pre-Depends" => package.depends.extend(dependencies(value)),
        "Conflicts" => package.conflicts.extend(relations(value)),
        "Provides" => package.provides.extend(names(value).map(provided)),
        "Replaces" => package.replaces.extend(names(value).map(replaced)),
        "ABIVersion" => package.abi_version = Some(value.to_owned()),
        "Size" => package.size = number(value),
        "Installed-Size" => package.installed_size = number(value),
        "Filename" => value.clone_into(&mut package.filename),
        "SHA256sum" => package.sha256 = sha256(value),
        "Description" => value.clone_into(&mut package.description),
        "Alternatives" => package.alternatives.extend(alternatives(value)),
        "Essential" => package.is_essential = value == "yes",
        _ => {}
    }
}

fn relations(list: &str) -> impl Iterator<Item = Relation> {
    dependencies(list).flat_map(|Dependency(any)| any)
}

fn provided(name: &str) -> Provided {
    let name = name.to_owned();
    let version = None;
    Provided { name, version }
}

fn replaced(name: &str) -> Relation {
    let name = name.to_owned();
    let constraint = None;
    Relation { name, constraint }
}

/// The number a value begins with; 0 if there is none.
fn number(value: &str) -> u64 {
    let end = value.find(|c: char| !c.is_ascii_digit());
    let digits = &value[..end.unwrap_or(value.len())];
    digits.parse().unwrap_or_default()
}

/// A digest in lower case; nothing if it is none.
fn sha256(value: &str) -> String {
    let is_digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = is_digest.then(|| value.to_ascii_lowercase());
    digest.unwrap_or_default()
}

/// `PRIORITY:LINK:TARGET`, separated by commas; opkg overlooks what has another form.
fn alternatives(list: &str) -> impl Iterator<Item = Alternative> {
    list.split(',').filter_map(|item| {
        let mut parts = item.split(':').map(str::trim);
        let alternative = Alternative {
            priority: parts.next()?.parse().unwrap_or_default(),
            path: parts.next()?.to_owned(),
            target: parts.next()?.to_owned(),
        };
        let is_link = alternative.path.starts_with('/') && !alternative.target.is_empty();
        (is_link && parts.next().is_none()).then_some(alternative)
    })
}
