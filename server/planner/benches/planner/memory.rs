//! Memory that the catalogue of one target takes: packages and universe.
//!
//! Measured in a process of its own, which has nothing else in its memory.

use std::process::Command;

use asu_index::Flavour;

use crate::index;
use crate::measure::Measured;

/// The argument of the process that measures; a file follows.
pub(crate) const CHILD: &str = "--memory-of";

/// Processes that are asked.
const PROCESSES: usize = 3;

/// Megabytes that reading the index adds to a process.
pub(crate) fn growth(name: &str, file: &[u8]) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, file).unwrap();
    let ask = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.arg(CHILD).arg(&path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().parse().unwrap()
    };
    Measured::of(std::iter::repeat_with(ask).take(PROCESSES).collect())
}

/// Reads the index `path` and prints by how many megabytes this process grew.
pub(crate) fn print_growth(path: &str) {
    let flavour = if path.ends_with("apk") {
        Flavour::Apk
    } else {
        Flavour::Opkg
    };
    let before = resident();
    let packages = index::read(flavour, &std::fs::read(path).unwrap());
    let universe = index::universe(flavour, packages.clone());
    let growth = resident() - before;
    assert_eq!(universe.len(), packages.len());
    println!("{growth}");
}

/// Resident memory of this process, megabytes.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024.0
}
