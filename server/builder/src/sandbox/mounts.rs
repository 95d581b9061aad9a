//! What a confined program sees of the file system: tools, read-only, and its own folder.

use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    mount_change, mount_remount, unmount,
};

use super::enter::explained;
use super::{Cell, Layer};

/// Folders of programs and libraries.
const TOOLS: [&str; 9] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/opt",
];
/// What programs need of `/etc`; there is nothing in it that is not on every machine.
const SETTINGS: [&str; 9] = [
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "perl",
    "protocols",
    "services",
];
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Links that shells expect in `/dev`.
const STREAMS: [(&str, &str); 4] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
];

/// Changes to a root of its own, in which the cell's folder alone can be written to, and `/tmp`.
pub(super) fn enter(cell: &Cell) -> io::Result<()> {
    let folder = &cell.folder;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private)?;
    let root = folder.join("root");
    fs::create_dir_all(&root)?;
    tmpfs(&root, "size=1m,mode=755")?;
    let during = |what| move |error| explained(what, &error);
    tools(&root).map_err(during("tools cannot be shown"))?;
    settings(&root).map_err(during("/etc cannot be made"))?;
    devices(&root).map_err(during("/dev cannot be made"))?;
    own(&root, folder).map_err(during("the build's folder cannot be shown"))?;
    if let Some(layer) = &cell.layer {
        lay(&root, layer).map_err(during("the ImageBuilder cannot be shown"))?;
    }
    change_root(&root).map_err(during("the root cannot be changed"))
}

fn tmpfs(at: &Path, options: &str) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    Ok(mount(
        "tmpfs",
        at,
        "tmpfs",
        flags,
        &*CString::new(options)?,
    )?)
}

fn tools(root: &Path) -> io::Result<()> {
    for path in TOOLS {
        let (from, to) = (Path::new(path), root.join(&path[1..]));
        if from.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
        } else if from.is_dir() {
            fs::create_dir(&to)?;
            mount_bind_recursive(from, &to)?;
            read_only(&to)?;
        }
    }
    Ok(())
}

/// A mount that came from outside keeps what it forbids, or the kernel refuses.
fn read_only(at: &Path) -> io::Result<()> {
    let known = MountFlags::NOEXEC | MountFlags::NODEV | MountFlags::NOSUID;
    let before = u32::try_from(rustix::fs::statvfs(at)?.f_flag.bits()).unwrap_or_default();
    let kept = MountFlags::from_bits_retain(before) & known;
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    Ok(mount_remount(at, flags | kept, "")?)
}

fn settings(root: &Path) -> io::Result<()> {
    let etc = root.join("etc");
    fs::create_dir(&etc)?;
    for name in SETTINGS {
        copy(&Path::new("/etc").join(name), &etc.join(name))?;
    }
    fs::write(
        etc.join("passwd"),
        "root:x:0:0:root:/:/bin/sh\nbuilder:x:65534:65534:builder:/:/bin/sh\n",
    )?;
    fs::write(etc.join("group"), "root:x:0:\nbuilder:x:65534:\n")?;
    fs::write(etc.join("hosts"), "127.0.0.1 localhost builder\n")
}

/// Copies a file or a folder, as far as there is one; links stay links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(kind) = from.symlink_metadata().map(|found| found.file_type()) else {
        return Ok(());
    };
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if !kind.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn devices(root: &Path) -> io::Result<()> {
    let dev = root.join("dev");
    fs::create_dir(&dev)?;
    for name in DEVICES {
        let to = dev.join(name);
        fs::write(&to, "")?;
        mount_bind(Path::new("/dev").join(name), &to)
            .map_err(|error| explained("a device cannot be shown", &error.into()))?;
    }
    for (to, name) in STREAMS {
        std::os::unix::fs::symlink(to, dev.join(name))?;
    }
    Ok(())
}

fn own(root: &Path, folder: &Path) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    for name in ["proc", "tmp", "run"] {
        fs::create_dir(root.join(name))?;
    }
    mount("proc", root.join("proc"), "proc", flags, None)
        .map_err(|error| explained("/proc cannot be mounted", &error.into()))?;
    tmpfs(&root.join("tmp"), "size=256m,mode=1777")?;
    let inside = below(root, folder);
    fs::create_dir_all(&inside)?;
    Ok(mount_bind(folder, &inside)?)
}

/// Where `path` is once `root` is the root.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Mounts a layer: `userxattr` is what lets users do so (Linux 5.11), and `volatile` spares the disk
/// the writing of files that are removed right after.
fn lay(root: &Path, layer: &Layer) -> io::Result<()> {
    let Layer { upper, work, .. } = layer;
    let lower = layer.lower.iter().map(|folder| folder.to_string_lossy());
    let lower: Vec<_> = lower.collect();
    let options = format!(
        "userxattr,volatile,lowerdir={},upperdir={},workdir={}",
        lower.join(":"),
        upper.display(),
        work.display()
    );
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    let options = CString::new(options)?;
    Ok(mount(
        "overlay",
        below(root, &layer.place),
        "overlay",
        flags,
        &*options,
    )?)
}

fn change_root(root: &Path) -> io::Result<()> {
    std::env::set_current_dir(root)?;
    // One over the other: the old root is the one that is taken away.
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")?;
    mount_remount(
        "/",
        MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV,
        "size=1m",
    )?;
    Ok(())
}
