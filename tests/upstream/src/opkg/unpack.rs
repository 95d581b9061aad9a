//! Takes a package file apart and puts its files into a root filesystem.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use tar::Archive;

use super::package::Package;
use super::root::Root;
use crate::format::pack::gunzip;
use crate::format::stanza::{self, Stanza};

/// The members of a package file, decompressed.
pub(super) struct Contents {
    data: Vec<u8>,
    control: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    /// Takes a package file apart.
    pub(super) fn read(ipk: &[u8]) -> io::Result<Self> {
        let mut members = files(&gunzip(ipk)?)?;
        let mut member = |name: &str| gunzip(&members.remove(name).unwrap_or_default());
        let control = files(&member("control.tar.gz")?)?;
        Ok(Self {
            data: member("data.tar.gz")?,
            control,
        })
    }

    /// The control file.
    pub(super) fn control(&self) -> Stanza {
        let text = self
            .control
            .get("control")
            .map(Vec::as_slice)
            .unwrap_or_default();
        stanza::parse(&String::from_utf8_lossy(text))
            .into_iter()
            .next()
            .unwrap_or_default()
    }

    /// The paths that are no directories, with leading slash.
    fn paths(&self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        for entry in Archive::new(&*self.data).entries()? {
            let entry = entry?;
            if !entry.header().entry_type().is_dir() {
                let path = entry.path()?.to_string_lossy().into_owned();
                paths.push(format!("/{}", path.trim_start_matches("./")));
            }
        }
        Ok(paths)
    }
}

/// The files of an archive by name, without leading `./`.
fn files(tar: &[u8]) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in Archive::new(tar).entries()? {
        let mut entry = entry?;
        let name = entry
            .path()?
            .to_string_lossy()
            .trim_start_matches("./")
            .to_owned();
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut entry, &mut bytes)?;
        files.insert(name, bytes);
    }
    Ok(files)
}

/// Unpacks a package and notes its files; its conffiles with their hashes, or why not.
pub(super) fn unpack(root: &mut Root, package: &Package, ipk: &[u8]) -> Result<String, String> {
    let broken =
        |error: io::Error| format!("pkg_extract: cannot unpack {}: {error}.", package.name);
    let contents = Contents::read(ipk).map_err(broken)?;
    let paths = contents.paths().map_err(broken)?;
    if let Some(clash) = clash(root, package, &paths) {
        return Err(clash);
    }
    write(root, package, &contents, &paths).map_err(broken)?;
    root.own(&package.name, paths.iter().map(String::as_str));
    let conffiles = contents
        .control
        .get("conffiles")
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(root.hash_conffiles(&String::from_utf8_lossy(conffiles)))
}

/// The message about the first file that belongs to a package this one does not replace.
fn clash(root: &Root, package: &Package, paths: &[String]) -> Option<String> {
    paths.iter().find_map(|path| {
        let owner = root.owner(path)?;
        let is_allowed = owner == package.name || package.replaces.iter().any(|name| name == owner);
        (!is_allowed).then(|| {
            format!(
                "check_data_file_clashes: Package {} wants to install file {}{path}\n\tBut that \
                 file is already provided by package  * {owner}",
                package.name,
                root.path.display()
            )
        })
    })
}

fn write(root: &Root, package: &Package, contents: &Contents, paths: &[String]) -> io::Result<()> {
    root.prepare()?;
    let mut archive = Archive::new(&*contents.data);
    archive.set_preserve_permissions(true);
    archive.unpack(&root.path)?;
    for (kind, bytes) in contents.control.iter().filter(|(name, _)| !name.is_empty()) {
        fs::write(root.info(&package.name, kind), bytes)?;
    }
    fs::write(root.info(&package.name, "list"), paths.join("\n") + "\n")
}

/// Links each path of `Alternatives: PRIORITY:PATH:TARGET` to the target of the highest priority.
pub(super) fn link_alternatives(root: &Root) {
    let mut best: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for entry in root.installed() {
        for item in entry.package.stanza.list("Alternatives") {
            let mut parts = item.splitn(3, ':');
            let (Some(priority), Some(path), Some(target)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let priority = priority.parse().unwrap_or(0);
            let current = best.entry(path.to_owned()).or_default();
            if current.1.is_empty() || current.0 < priority {
                *current = (priority, target.to_owned());
            }
        }
    }
    for (path, (_, target)) in best {
        let path = root.path.join(path.trim_start_matches('/'));
        // A link that stands already, or a folder that is missing, is no reason to fail.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::remove_file(&path);
        let _ = symlink(target, path);
    }
}
