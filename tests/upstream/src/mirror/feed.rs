//! Feeds: folders of package files with their index in all its forms.

use anyhow::Result;
use flate2::Compression;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::ipk::Ipk;
use super::tree::Folder;
use crate::format::pack;
use crate::format::stanza::Stanza;
use crate::format::usign::SecretKey;
use crate::world::package::Package;
use crate::world::release::{Release, Target};

/// The feeds that all targets of an architecture share.
pub const SHARED: [&str; 5] = ["base", "luci", "packages", "routing", "telephony"];

/// Where upstream's mirror is; consumers put their own in its place.
pub const UPSTREAM: &str = "https://downloads.openwrt.org";

/// Name and address of each feed, as `repositories.conf` lists them.
pub fn repositories(release: &Release, target: &Target) -> Vec<(String, String)> {
    let base = format!("{UPSTREAM}/releases/{}", release.version);
    let here = format!("{base}/targets/{}", target.name);
    let mut feeds = vec![("openwrt_core".to_owned(), format!("{here}/packages"))];
    if release.has_kmods_feed() {
        let folder = release.kmods_folder(target);
        feeds.push(("openwrt_kmods".to_owned(), format!("{here}/kmods/{folder}")));
    }
    feeds.extend(SHARED.iter().map(|feed| {
        (
            format!("openwrt_{feed}"),
            format!("{base}/packages/{}/{feed}", target.arch),
        )
    }));
    feeds
}

/// The lines of a feed list, as opkg reads them.
pub fn source_lines(release: &Release, target: &Target) -> String {
    let feeds = repositories(release, target).into_iter();
    let lines: Vec<String> = feeds
        .map(|(name, url)| format!("src/gz {name} {url}\n"))
        .collect();
    lines.concat()
}

/// The lines of a feed list, as apk reads them.
pub fn index_urls(release: &Release, target: &Target) -> String {
    let feeds = repositories(release, target).into_iter();
    let lines: Vec<String> = feeds
        .map(|(_, url)| format!("{url}/packages.adb\n"))
        .collect();
    lines.concat()
}

/// Writes package files and the index over them.
pub fn write(
    folder: &Folder,
    packages: &[&(&Package, Ipk)],
    release: &Release,
    key: &SecretKey,
) -> Result<()> {
    let mut packages = packages.to_vec();
    packages.sort_by_key(|(package, _)| package.filename());
    let mut stanzas = Vec::new();
    for (package, ipk) in packages.iter().copied() {
        let name = package.filename();
        folder.write(&name, &ipk.bytes)?;
        stanzas.push(manifest_stanza(&name, &ipk.control, &ipk.bytes));
    }
    write_index(folder, &stanzas, key)?;
    let names: Vec<&Package> = packages.iter().map(|(package, _)| *package).collect();
    let arch = names
        .iter()
        .map(|package| package.arch)
        .find(|arch| *arch != "all");
    let index = if release.series == "23.05" {
        index_v1
    } else {
        index_v2
    };
    folder.write_json("index.json", &index(arch.unwrap_or("all"), &names))
}

/// The control file with what only an index knows, the description last.
pub fn manifest_stanza(filename: &str, control: &Stanza, bytes: &[u8]) -> Stanza {
    let mut stanza = Stanza::default();
    for (name, value) in control.fields().filter(|(name, _)| *name != "Description") {
        stanza.push(name, value);
    }
    stanza
        .with("Filename", filename)
        .with("Size", bytes.len().to_string())
        .with("SHA256sum", hex::encode(Sha256::digest(bytes)))
        .with("Description", control.get("Description"))
}

fn write_index(folder: &Folder, stanzas: &[Stanza], key: &SecretKey) -> Result<()> {
    let index = index_text(stanzas);
    folder.write("Packages.manifest", text(stanzas).as_bytes())?;
    folder.write("Packages", index.as_bytes())?;
    folder.write(
        "Packages.gz",
        &pack::gzip(index.as_bytes(), Compression::best())?,
    )?;
    folder.write("Packages.sig", key.sign(index.as_bytes()).as_bytes())
}

/// The text of `Packages`: without the fields only developers need, and with two line ends more
/// where old versions of usign got the hash wrong.
pub fn index_text(stanzas: &[Stanza]) -> String {
    const LEFT_OUT: [&str; 4] = ["Maintainer", "Source", "SourceName", "SourceDateEpoch"];
    let short: Vec<Stanza> = stanzas
        .iter()
        .map(|stanza| {
            let fields = stanza.fields().filter(|(name, _)| !LEFT_OUT.contains(name));
            fields.fold(Stanza::default(), |stanza, (name, value)| {
                stanza.with(name, value)
            })
        })
        .collect();
    let mut index = text(&short);
    if matches!((64 + index.len()) % 128, 110 | 111) {
        index.push_str("\n\n");
    }
    index
}

fn text(stanzas: &[Stanza]) -> String {
    let stanzas: Vec<String> = stanzas.iter().map(|stanza| format!("{stanza}\n")).collect();
    stanzas.concat()
}

/// `index.json` of version 1: names with ABI suffix.
fn index_v1(arch: &str, packages: &[&Package]) -> serde_json::Value {
    let names = packages
        .iter()
        .map(|package| (package.name.clone(), json!(package.version)));
    let names: serde_json::Map<_, _> = names.collect();
    json!({ "architecture": arch, "packages": names })
}

/// `index.json` of version 2: names without ABI suffix.
pub fn index_v2(arch: &str, packages: &[&Package]) -> serde_json::Value {
    let names = packages
        .iter()
        .map(|package| (package.base_name.to_owned(), json!(package.version)));
    let names: serde_json::Map<_, _> = names.collect();
    json!({ "architecture": arch, "packages": names, "version": 2 })
}
