//! A stanza as a package.

use crate::package::{Alternative, Dependency, Package, Provided, Relation};

use super::relations::{dependencies, names};
use super::{Problem, Stanza};

/// The package a stanza describes, or why opkg never installs it.
pub(super) fn package(stanza: &Stanza<'_>) -> Result<Package, Problem> {
    let filled = |name| stanza.get(name).filter(|value| !value.is_empty());
    let text = |name| filled(name).unwrap_or_default().to_owned();
    Ok(Package {
        name: filled("Package").ok_or(Problem::NoName)?.to_owned(),
        version: filled("Version").ok_or(Problem::NoVersion)?.to_owned(),
        arch: filled("Architecture")
            .ok_or(Problem::NoArchitecture)?
            .to_owned(),
        depends: depends(stanza),
        conflicts: relations(stanza),
        provides: provides(stanza),
        replaces: replaces(stanza),
        abi_version: filled("ABIVersion").map(str::to_owned),
        size: number(filled("Size")),
        installed_size: number(filled("Installed-Size")),
        filename: text("Filename"),
        sha256: filled("SHA256sum").and_then(sha256).unwrap_or_default(),
        description: text("Description"),
        alternatives: stanza.all("Alternatives").flat_map(alternatives).collect(),
        is_essential: filled("Essential") == Some("yes"),
        ..Package::default()
    })
}

fn depends(stanza: &Stanza<'_>) -> Vec<Dependency> {
    // opkg keeps both kinds in one list.
    let before = stanza.all("Pre-Depends");
    before
        .chain(stanza.all("Depends"))
        .flat_map(dependencies)
        .collect()
}

fn relations(stanza: &Stanza<'_>) -> Vec<Relation> {
    let lists = stanza.all("Conflicts");
    lists
        .flat_map(dependencies)
        .flat_map(|Dependency(any)| any)
        .collect()
}

fn provides(stanza: &Stanza<'_>) -> Vec<Provided> {
    let provided = |name: &str| Provided {
        name: name.to_owned(),
        version: None,
    };
    let lists = stanza.all("Provides");
    lists.flat_map(names).map(provided).collect()
}

fn replaces(stanza: &Stanza<'_>) -> Vec<Relation> {
    let replaced = |name: &str| Relation {
        name: name.to_owned(),
        constraint: None,
    };
    let lists = stanza.all("Replaces");
    lists.flat_map(names).map(replaced).collect()
}

/// The number a value begins with; 0 if there is none.
fn number(value: Option<&str>) -> u64 {
    let value = value.unwrap_or_default();
    let end = value.find(|c: char| !c.is_ascii_digit());
    let digits = &value[..end.unwrap_or(value.len())];
    digits.parse().unwrap_or_default()
}

/// A digest in lower case; nothing if it is none.
fn sha256(value: &str) -> Option<String> {
    let is_digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| value.to_ascii_lowercase())
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
