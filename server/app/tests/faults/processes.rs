//! The processes of a server, as /proc tells of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A process that was there a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) group: u32,
    parent: u32,
    pub(crate) name: String,
}

/// The server on this data folder.
pub(crate) fn server_on(data: &Path) -> Process {
    let mine = |process: &Process| process.parent == std::process::id() && names(process, data);
    let found = all().into_iter().find(mine);
    found.expect("the server runs")
}

/// All that a process started, directly or not.
pub(crate) fn below(top: u32) -> Vec<Process> {
    let (mut known, mut found) = (BTreeSet::from([top]), Vec::new());
    // A child may stand before its parent.
    let all = all();
    loop {
        let new =
            |process: &&Process| known.contains(&process.parent) && !known.contains(&process.pid);
        let more: Vec<Process> = all.iter().filter(new).cloned().collect();
        if more.is_empty() {
            return found;
        }
        known.extend(more.iter().map(|process| process.pid));
        found.extend(more);
    }
}

/// Those that work in or with this folder.
pub(crate) fn of_folder(folder: &Path) -> Vec<Process> {
    let mut all = all();
    all.retain(|process| names(process, folder));
    all
}

/// As `kill -9` does; with a minus, to the whole group.
pub(crate) fn kill(target: &str) {
    // The shell's own kill: not every Debian has the program.
    let kill = Command::new("sh")
        .args(["-c", "kill -9 -- $0", target])
        .output();
    // It may have ended by itself.
    kill.unwrap();
}

fn names(process: &Process, folder: &Path) -> bool {
    let words = std::fs::read(format!("/proc/{}/cmdline", process.pid));
    let words = String::from_utf8_lossy(&words.unwrap_or_default()).into_owned();
    let place = std::fs::read_link(format!("/proc/{}/cwd", process.pid));
    words.contains(folder.to_str().unwrap()) || place.is_ok_and(|place| place.starts_with(folder))
}

fn all() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| read(&entry.path())).collect()
}

/// `PID (NAME) STATE PARENT GROUP ...`
fn read(folder: &Path) -> Option<Process> {
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(1);
    let mut number = || fields.next()?.parse().ok();
    Some(Process {
        pid: pid.parse().ok()?,
        parent: number()?,
        group: number()?,
        name: name.to_owned(),
    })
}
