//! `opkg install`: the packages of one command line, one after the other, each with what it needs.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::config::Config;
use super::package::{Package, Relation, Source};
use super::resolve::{Choice, Needs};
use super::root::{Entry, Root};
use super::unpack::{self, Contents};
use super::{fetch, update};
use sha2::{Digest as _, Sha256};

/// Installs what the command line names; the exit code, and what went wrong.
pub(super) fn run(config: &Config, arguments: &[String]) -> (i32, Vec<String>) {
    let mut available = update::available(config);
    let names: Vec<String> = arguments
        .iter()
        .map(|argument| name_of(argument, &mut available))
        .collect();
    let mut run = Run {
        config,
        choice: Choice {
            available: &available,
            requested: &names,
        },
        root: Root::open(&config.offline_root),
        fetched: vec![None; available.len()],
        expanded: BTreeSet::new(),
        unpacked: Vec::new(),
        errors: Vec::new(),
    };
    let failures = names.iter().filter(|name| !run.install(name)).count();
    run.finish();
    (if failures == 0 { 0 } else { 255 }, run.errors)
}

/// The package an argument names; a package file is added to the packages first.
fn name_of(argument: &str, available: &mut Vec<Package>) -> String {
    let is_file = argument.ends_with(".ipk");
    let Some(bytes) = is_file.then(|| std::fs::read(argument).ok()).flatten() else {
        return argument.to_owned();
    };
    let Ok(contents) = Contents::read(&bytes) else {
        return argument.to_owned();
    };
    let package = Package::new(contents.control(), Some(Source::File(argument.to_owned())));
    let name = package.name.clone();
    available.retain(|other| other.name != name);
    available.push(package);
    name
}

struct Run<'a> {
    config: &'a Config,
    choice: Choice<'a>,
    root: Root,
    /// The package files that were fetched, by index.
    fetched: Vec<Option<Vec<u8>>>,
    /// The packages whose dependencies were looked at.
    expanded: BTreeSet<usize>,
    /// The packages unpacked by this run, in order.
    unpacked: Vec<usize>,
    errors: Vec<String>,
}

impl Run<'_> {
    /// Installs a package of the command line.
    fn install(&mut self, name: &str) -> bool {
        let done = self.try_install(name);
        if !done {
            self.errors
                .push(format!("opkg_install_cmd: Cannot install package {name}."));
        }
        done
    }

    fn try_install(&mut self, name: &str) -> bool {
        if let Some(Entry { package, .. }) = self.root.find(name) {
            let Package { name, version, .. } = package;
            println!("Package {name} ({version}) installed in root is up to date.");
            return true;
        }
        let Some(index) = self.candidate(name) else {
            println!("Unknown package '{name}'.");
            return false;
        };
        if self.root.find(&self.package(index).name).is_some() {
            return true;
        }
        self.install_package(index, false)
    }

    /// The package for a name, if everything it needs exists.
    fn candidate(&mut self, name: &str) -> Option<usize> {
        self.say_what_is_foreign(name);
        let index = self.choice.best(&Relation::to_any(name))?;
        let Needs { missing, .. } = self.needs(index, &mut BTreeSet::new());
        if missing.is_empty() {
            return Some(index);
        }
        let package = &self.package(index).name;
        let mut errors: Vec<String> = missing
            .iter()
            .map(|dependency| {
                format!(
                    "pkg_hash_check_unresolved: cannot find dependency {dependency} for {package}"
                )
            })
            .collect();
        errors.push(format!(
            "pkg_hash_fetch_best_installation_candidate: Packages for {package} found, but \
             incompatible with the architectures configured"
        ));
        self.errors.append(&mut errors);
        None
    }

    /// The genuine opkg looks for a name twice, and says so twice.
    fn say_what_is_foreign(&self, name: &str) {
        let packages = self.choice.available.iter();
        for package in packages.filter(|package| package.is_foreign && package.name == name) {
            let version = &package.version;
            let line = format!("Package {name} version {version} has no valid architecture, ignoring.");
            println!("{line}\n{line}");
        }
    }

    fn package(&self, index: usize) -> &Package {
        &self.choice.available[index]
    }

    fn needs(&self, index: usize, seen: &mut BTreeSet<usize>) -> Needs {
        self.choice
            .needs(index, &|relation| self.root.satisfies(relation), seen)
    }

    /// Installs a package after what it needs; `is_auto` if another needs it.
    fn install_package(&mut self, index: usize, is_auto: bool) -> bool {
        let Package { name, version, .. } = self.package(index);
        println!("Installing {name} ({version}) to root...");
        if self.conflicts(index) || !self.fetch(index) {
            self.note_failure(index);
            return false;
        }
        let mut expanded = std::mem::take(&mut self.expanded);
        let needs = self.needs(index, &mut expanded);
        self.expanded = expanded;
        for dependency in needs.install {
            if self.root.find(&self.package(dependency).name).is_none()
                && !self.install_package(dependency, true)
            {
                return false;
            }
        }
        self.unpack(index, is_auto)
    }

    /// Whether the package declares a conflict with an installed one.
    fn conflicts(&mut self, index: usize) -> bool {
        let package = &self.choice.available[index];
        let is_enemy = |entry: &&Entry| {
            let other = &entry.package;
            other.name != package.name
                && package.conflicts.iter().any(|name| other.answers_to(name))
        };
        let enemies: Vec<String> = self
            .root
            .installed()
            .filter(is_enemy)
            .map(|entry| entry.package.name.clone())
            .collect();
        if enemies.is_empty() {
            return false;
        }
        self.errors.push(format!(
            "check_conflicts_for: The following packages conflict with {}:",
            package.name
        ));
        let names = enemies.iter().map(|name| format!("\t{name} * "));
        self.errors.push(format!(
            "check_conflicts_for: {}",
            names.collect::<String>()
        ));
        true
    }

    fn fetch(&mut self, index: usize) -> bool {
        if self.config.noaction || self.fetched[index].is_some() {
            return true;
        }
        match self.get(index) {
            Ok(bytes) => self.fetched[index] = Some(bytes),
            Err(reason) => self.errors.push(reason),
        }
        self.fetched[index].is_some()
    }

    fn get(&self, index: usize) -> Result<Vec<u8>, fetch::Reason> {
        let package = self.package(index);
        let url = match &package.source {
            Some(Source::Feed(url)) => format!("{url}/{}", package.stanza.get("Filename")),
            Some(Source::File(path)) => return fetch::get(&format!("file:{path}")),
            None => return Err(format!("opkg_install_pkg: {} is in no feed.", package.name)),
        };
        println!("Downloading {url}");
        let is_right =
            |bytes: &[u8]| hex::encode(Sha256::digest(bytes)) == package.stanza.get("SHA256sum");
        let cached = self
            .config
            .cache
            .as_ref()
            .map(|dir| dir.join(package.stanza.get("Filename")));
        let kept = cached.as_ref().and_then(|path| std::fs::read(path).ok());
        if let Some(bytes) = kept.filter(|bytes| is_right(bytes)) {
            return Ok(bytes);
        }
        let bytes = fetch::get(&url)?;
        if !is_right(&bytes) {
            return Err(format!(
                "opkg_install_pkg: Package {} sha256sum mismatch. Either the opkg or the package \
                 index are corrupt. Try 'opkg update'.",
                package.name
            ));
        }
        if let Some(path) = cached {
            // A package that cannot be kept is fetched again next time.
            let _ = std::fs::write(path, &bytes);
        }
        Ok(bytes)
    }

    fn unpack(&mut self, index: usize, is_auto: bool) -> bool {
        if self.unpacked.contains(&index) {
            return true;
        }
        let package = self.package(index).clone();
        let result = match self.fetched[index].take() {
            Some(bytes) => unpack::unpack(&mut self.root, &package, &bytes),
            None => Ok(String::new()),
        };
        let conffiles = match result {
            Ok(conffiles) => conffiles,
            Err(reason) => {
                self.errors.push(reason);
                self.note_failure(index);
                return false;
            }
        };
        self.unpacked.push(index);
        self.root
            .entries
            .retain(|entry| entry.package.name != package.name);
        let time = now();
        self.root.entries.push(Entry {
            package,
            is_installed: true,
            is_auto,
            time,
            conffiles,
        });
        unpack::link_alternatives(&self.root);
        true
    }

    /// Leaves a trace of the failed package in the status file, as opkg does.
    fn note_failure(&mut self, index: usize) {
        let package = self.package(index).clone();
        if self
            .root
            .entries
            .iter()
            .any(|entry| entry.package.name == package.name)
        {
            return;
        }
        let (time, conffiles) = (String::new(), String::new());
        let entry = Entry {
            package,
            is_installed: false,
            is_auto: false,
            time,
            conffiles,
        };
        self.root.entries.push(entry);
    }

    /// Configures what was unpacked and writes the status file, unless nothing happened.
    fn finish(&mut self) {
        if self.unpacked.is_empty() || self.config.noaction {
            return;
        }
        for index in self.in_configuration_order() {
            println!("Configuring {}.", self.package(index).name);
        }
        if let Err(error) = self.root.save() {
            self.errors.push(format!(
                "opkg_finalize: cannot write the status file: {error}."
            ));
        }
    }

    /// Dependencies before the packages that need them.
    fn in_configuration_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for index in &self.unpacked {
            self.visit(*index, &mut seen, &mut order);
        }
        order
    }

    fn visit(&self, index: usize, seen: &mut BTreeSet<usize>, order: &mut Vec<usize>) {
        if !seen.insert(index) {
            return;
        }
        let needed = |other: &&usize| {
            let mut relations = self.package(index).depends.iter().flatten();
            relations.any(|relation| self.package(**other).satisfies(relation))
        };
        for other in self.unpacked.iter().filter(needed) {
            self.visit(*other, seen, order);
        }
        order.push(index);
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs()).to_string()
}
