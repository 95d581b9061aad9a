//! What is installed in a root filesystem: `usr/lib/opkg/status` and `usr/lib/opkg/info/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::package::{Package, Relation};
use crate::format::stanza::{self, Stanza};

const STATUS: &str = "usr/lib/opkg/status";
const INFO: &str = "usr/lib/opkg/info";

/// A package of the status file.
pub(super) struct Entry {
    pub(super) package: Package,
    /// Whether its files are there.
    pub(super) is_installed: bool,
    /// Whether it is there because another needs it.
    pub(super) is_auto: bool,
    /// Seconds since 1970, as text.
    pub(super) time: String,
    /// A line for each configuration file: path and SHA-256.
    pub(super) conffiles: String,
}

/// A root filesystem with its packages.
pub(super) struct Root {
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Entry>,
    /// The package that owns a file, by path with leading slash.
    owners: BTreeMap<String, String>,
}

impl Root {
    /// Reads the status file; a root without one has no packages.
    pub(super) fn open(path: &Path) -> Self {
        let text = fs::read_to_string(path.join(STATUS)).unwrap_or_default();
        let entries: Vec<Entry> = stanza::parse(&text).into_iter().map(Entry::read).collect();
        let mut root = Self {
            path: path.to_owned(),
            entries,
            owners: BTreeMap::new(),
        };
        for name in root
            .installed()
            .map(|entry| entry.package.name.clone())
            .collect::<Vec<_>>()
        {
            let list = fs::read_to_string(root.info(&name, "list")).unwrap_or_default();
            root.own(&name, list.lines());
        }
        root
    }

    /// The packages whose files are there.
    pub(super) fn installed(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_installed)
    }

    /// The installed package of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        self.installed().find(|entry| entry.package.name == name)
    }

    /// Whether an installed package satisfies the relation.
    pub(super) fn satisfies(&self, relation: &Relation) -> bool {
        self.installed()
            .any(|entry| entry.package.satisfies(relation))
    }

    /// The package that owns a file.
    pub(super) fn owner(&self, path: &str) -> Option<&str> {
        self.owners.get(path).map(String::as_str)
    }

    /// Notes that a package owns these files.
    pub(super) fn own<'a>(&mut self, name: &str, paths: impl Iterator<Item = &'a str>) {
        self.owners
            .extend(paths.map(|path| (path.to_owned(), name.to_owned())));
    }

    /// A file about a package: its `control`, `list`, `postinst`, …
    pub(super) fn info(&self, name: &str, kind: &str) -> PathBuf {
        self.path.join(INFO).join(format!("{name}.{kind}"))
    }

    /// Creates the folders of opkg's files.
    pub(super) fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(self.path.join(INFO))
    }

    /// Writes the status file.
    pub(super) fn save(&self) -> io::Result<()> {
        let mut text = String::new();
        for entry in &self.entries {
            let _ = writeln!(text, "{}", entry.stanza());
        }
        fs::write(self.path.join(STATUS), text)
    }

    /// The conffiles of a package with their hashes, as the status file has them.
    pub(super) fn hash_conffiles(&self, paths: &str) -> String {
        paths.lines().fold(String::new(), |mut text, path| {
            let bytes = fs::read(self.path.join(path.trim_start_matches('/'))).unwrap_or_default();
            let _ = write!(text, "\n {path} {}", hex::encode(Sha256::digest(bytes)));
            text
        })
    }
}

impl Entry {
    fn read(stanza: Stanza) -> Self {
        Self {
            is_installed: stanza.get("Status").ends_with(" installed"),
            is_auto: stanza.get("Auto-Installed") == "yes",
            time: stanza.get("Installed-Time").to_owned(),
            conffiles: stanza.get("Conffiles").to_owned(),
            package: Package::new(stanza, None),
        }
    }

    /// The stanza of the status file, its fields in opkg's order.
    fn stanza(&self) -> Stanza {
        let from = |field: &str| self.package.stanza.get(field).to_owned();
        let wanted_by = if self.is_auto && self.is_installed {
            "ok"
        } else {
            "user"
        };
        let state = if self.is_installed {
            "installed"
        } else {
            "not-installed"
        };
        Stanza::default()
            .with("Package", &*self.package.name)
            .with("ABIVersion", from("ABIVersion"))
            .with("Version", &*self.package.version)
            .with("Depends", self.package.depends_text())
            .with("Provides", from("Provides"))
            .with("Replaces", from("Replaces"))
            .with("Conflicts", from("Conflicts"))
            .with("Status", format!("install {wanted_by} {state}"))
            .with("Essential", from("Essential"))
            .with("Architecture", from("Architecture"))
            .with("Conffiles", &*self.conffiles)
            .with("Installed-Time", &*self.time)
            .with("Auto-Installed", if self.is_auto { "yes" } else { "" })
            .with("Alternatives", from("Alternatives"))
    }
}
