//! From a new process of the server's program to the confined program, in two steps: whoever makes
//! a pid namespace is not in it itself, only its children are.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use nix::sched::{CloneFlags, unshare};
use rustix::process::{Signal, WaitOptions, set_parent_process_death_signal};

use super::{Cell, confine, landlock, mounts, port};

/// The first argument of the step that makes the namespaces.
pub(super) const OUTSIDE: &str = "outside";
/// That of the first process in them, which gained capabilities by its user namespace.
const INSIDE: &str = "inside";
/// That of the first process in them, which is root's and is to become nobody's.
const INSIDE_AS_ROOT: &str = "inside-as-root";
/// The status that tells that the program was not even started, as shells use it.
const NOT_STARTED: u8 = 126;

/// Runs the program that `arguments`, made by a `Builder`, name, and ends as it ends.
///
/// To be called by a process that has done nothing else: a process with threads cannot change its
/// namespaces. Environment variables of proxies are not passed on.
pub fn enter(arguments: &[OsString]) -> ExitCode {
    match step(arguments) {
        Ok(status) => ending(status),
        Err(error) => {
            eprintln!("sandbox: {error}");
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn step(arguments: &[OsString]) -> io::Result<ExitStatus> {
    let [step, cell, program @ ..] = arguments else {
        return Err(io::Error::other("this command is the server's own"));
    };
    let text = cell.to_string_lossy();
    match step.to_str() {
        Some(OUTSIDE) => outside(arguments.len()),
        Some(INSIDE) => inside(&serde_json::from_str(&text)?, program, false),
        Some(INSIDE_AS_ROOT) => inside(&serde_json::from_str(&text)?, program, true),
        _ => Err(io::Error::other("this command is the server's own")),
    }
}

fn outside(own: usize) -> io::Result<ExitStatus> {
    let next = make_namespaces()?;
    // The same program, with the same arguments but for the name of the step.
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let place = arguments.len() - own;
    arguments[place] = next.into();
    Command::new("/proc/self/exe").args(arguments).status()
}

fn make_namespaces() -> io::Result<&'static str> {
    let kinds = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWNET;
    // Root in a container may be root by name only.
    if rustix::process::geteuid().is_root() && unshare(kinds).is_ok() {
        return Ok(INSIDE_AS_ROOT);
    }
    let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
    unshare(kinds | CloneFlags::CLONE_NEWUSER)
        .map_err(|error| explained("no user namespace can be made", &error.into()))?;
    confine::keep_identity(uid.as_raw(), gid.as_raw())?;
    confine::pass_capabilities_on()?;
    Ok(INSIDE)
}

fn inside(cell: &Cell, program: &[OsString], as_root: bool) -> io::Result<ExitStatus> {
    let folder = std::env::current_dir()?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    port::lend(&cell.folder).map_err(|error| explained("no loopback", &error))?;
    mounts::enter(cell)?;
    rustix::system::sethostname(b"builder")?;
    if as_root {
        confine::become_nobody().map_err(|error| explained("root cannot be left", &error))?;
    }
    confine::drop_capabilities()?;
    // A change of user has cleared it.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    confine::limit(cell)?;
    landlock::restrict(&cell.folder).map_err(|error| explained("no Landlock rules", &error))?;
    confine::filter().map_err(|error| explained("no seccomp filter", &error))?;
    let mut command = command(program)?;
    let child = command.current_dir(folder).spawn()?;
    wait_for(child.id())
}

fn command(program: &[OsString]) -> io::Result<Command> {
    let (name, arguments) = program
        .split_first()
        .ok_or_else(|| io::Error::other("no program is named"))?;
    let mut command = Command::new(name);
    command.args(arguments);
    for (variable, _) in std::env::vars_os() {
        let lower = variable.to_ascii_lowercase();
        if lower.to_string_lossy().ends_with("_proxy") {
            command.env_remove(variable);
        }
    }
    Ok(command)
}

/// Waits for the program, and reaps whatever lost its parent, as the first process has to.
fn wait_for(program: u32) -> io::Result<ExitStatus> {
    loop {
        let Some((pid, status)) = rustix::process::wait(WaitOptions::empty())? else {
            continue;
        };
        if pid.as_raw_nonzero().get().unsigned_abs() == program {
            return Ok(ExitStatus::from_raw(status.as_raw()));
        }
    }
}

fn ending(status: ExitStatus) -> ExitCode {
    let killed = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(killed).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

pub(super) fn explained(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
