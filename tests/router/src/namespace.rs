//! Makes a folder the root of this process, with filesystems of its own where a router has them.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, chdir, chroot};

/// How far this process is apart from the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// It has mounts of its own.
    Namespace,
    /// It can only change its root.
    Chroot,
}

/// Why the process cannot have a root of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamespaceError {
    /// Neither namespaces nor a chroot are allowed.
    #[error(
        "this machine allows an ordinary user no user namespace ({0}), so the router cannot have a root \
         filesystem of its own. Allow unprivileged user namespaces, or run this as root."
    )]
    NotAllowed(Errno),
    /// A mount or the change of root failed.
    #[error("{0} failed: {1}")]
    Step(String, io::Error),
}

/// Parts this process from the machine's mounts. It must still have a single thread.
pub(crate) fn enter() -> Result<Isolation, NamespaceError> {
    let (user, group) = (Uid::effective(), Gid::effective());
    if user.is_root() && unshare(CloneFlags::CLONE_NEWNS).is_ok() {
        return Ok(make_private().unwrap_or_else(|reason| chroot_only(&reason)));
    }
    match unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS) {
        Ok(()) => {
            map_ids(user, group)
                .map_err(|error| NamespaceError::Step("mapping user ids".to_owned(), error))?;
            make_private()
        }
        Err(reason) if user.is_root() => Ok(chroot_only(&reason)),
        Err(reason) => Err(NamespaceError::NotAllowed(reason)),
    }
}

/// What is left for root in a container without namespaces, or in a chroot.
fn chroot_only(reason: &dyn std::fmt::Display) -> Isolation {
    tracing::warn!(
        "no mount namespace ({reason}): sizes of /tmp and /overlay are the machine's, not the router's"
    );
    Isolation::Chroot
}

/// This user becomes root of the namespace.
fn map_ids(user: Uid, group: Gid) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

fn make_private() -> Result<Isolation, NamespaceError> {
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(|error| NamespaceError::Step("making mounts private".to_owned(), error.into()))?;
    Ok(Isolation::Namespace)
}

/// Puts an empty filesystem of `size` bytes on a folder of the root, or empties the folder.
pub(crate) fn fresh(isolation: Isolation, folder: &Path, size: u64) -> Result<(), NamespaceError> {
    let wrong = |error| NamespaceError::Step(format!("preparing {}", folder.display()), error);
    fs::create_dir_all(folder).map_err(wrong)?;
    if isolation == Isolation::Namespace {
        let options = format!("size={size},mode=1777");
        let kind = Some("tmpfs");
        return mount(
            kind,
            folder,
            kind,
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            Some(options.as_str()),
        )
        .map_err(|error| wrong(error.into()));
    }
    for entry in fs::read_dir(folder).map_err(wrong)?.flatten() {
        let path = entry.path();
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(wrong)?;
    }
    Ok(())
}

/// Makes `root` this process's `/`.
pub(crate) fn change_root(root: &Path) -> Result<(), NamespaceError> {
    chroot(root).and_then(|()| chdir("/")).map_err(|error| {
        NamespaceError::Step(
            format!("changing the root to {}", root.display()),
            error.into(),
        )
    })
}
