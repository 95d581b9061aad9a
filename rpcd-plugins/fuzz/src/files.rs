//! A router's package databases, in memory where this machine has a filesystem there.

use std::ffi::CString;
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
    std::fs::create_dir_all(&folder).expect("a folder for the files");
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
        let paths = [
            place("apk", self.apk),
            place("world", self.world),
            place("opkg", self.opkg),
        ];
        let (all, user) = (subject::list(&paths, true), subject::list(&paths, false));
        // A name with a NUL inside ends there for C readers, and may so be empty or there twice.
        let contents = [self.apk, self.world, self.opkg];
        if contents
            .into_iter()
            .flatten()
            .any(|content| content.contains(&0))
        {
            return;
        }
        let names = |reply: Option<Vec<u8>>| reply.map(|reply| names(&reply));
        let (all, user) = (names(all), names(user));
        if let (Some(all), Some(user)) = (all, user) {
            assert!(user.is_subset(&all), "{user:?} is not in {all:?}");
        }
    }
}

fn place(name: &str, content: Option<&[u8]>) -> CString {
    let path = FOLDER.join(name);
    match content {
        Some(content) => std::fs::write(&path, content).expect("room for a file"),
        None => drop(std::fs::remove_file(&path)),
    }
    CString::new(path.into_os_string().into_encoded_bytes()).expect("a path without NUL")
}
