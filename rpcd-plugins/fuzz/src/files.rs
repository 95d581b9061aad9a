//! A router's package databases, in memory where this machine has a filesystem there.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::reply::names;
use crate::subject;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let folder = base.join(format!("asu-fuzz-{}", std::process::id()));
    for place in ["lib/apk/db", "etc/apk", "usr/lib/opkg"] {
        std::fs::create_dir_all(folder.join(place)).expect("a folder for the files");
    }
    folder
});

/// The files; none where it is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files<'a> {
    /// apk's database.
    pub apk: Option<&'a [u8]>,
    /// What apk was asked to install.
    pub world: Option<&'a [u8]>,
    /// opkg's database.
    pub opkg: Option<&'a [u8]>,
}

impl Files<'_> {
    /// Has the packages listed, all and those asked for, and checks both answers.
    ///
    /// # Panics
    /// If an answer is malformed, names a package twice, or more are asked for than are there.
    pub fn check(self) {
        place("lib/apk/db/installed", self.apk);
        place("etc/apk/world", self.world);
        place("usr/lib/opkg/status", self.opkg);
        let (all, user) = (subject::list(&FOLDER, true), subject::list(&FOLDER, false));
        let names = |reply: Option<Vec<u8>>| reply.map(|reply| names(&reply));
        let (all, user) = (names(all), names(user));
        if let (Some(all), Some(user)) = (all, user) {
            assert!(user.is_subset(&all), "{user:?} is not in {all:?}");
        }
    }
}

fn place(name: &str, content: Option<&[u8]>) {
    let path = FOLDER.join(name);
    match content {
        Some(content) => std::fs::write(&path, content).expect("room for a file"),
        None => drop(std::fs::remove_file(&path)),
    }
}
