//! `/sbin/sysupgrade`: checks an image, packs the settings to keep, and hands both over for flashing.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use md5::Md5;
use sha2::Sha256;

use crate::abi::fnmatch;
use crate::device::{Device, Report};
use crate::programs::digest;

/// The arguments that sysupgrade was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    keep: bool,
    force: bool,
    test: bool,
    image: PathBuf,
}

impl Options {
    /// Reads `[-n] [-F] [-T] [-q] [-v] IMAGE`.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut options = Self {
            keep: true,
            force: false,
            test: false,
            image: PathBuf::new(),
        };
        for argument in arguments {
            match *argument {
                "-n" => options.keep = false,
                "-F" | "--force" => options.force = true,
                "-T" | "--test" => options.test = true,
                "-q" | "-v" => {}
                option if option.starts_with('-') => {
                    return Err(format!("sysupgrade here has no option {option}"));
                }
                image => options.image = PathBuf::from(image),
            }
        }
        if options.image.as_os_str().is_empty() {
            Err("sysupgrade needs an image".to_owned())
        } else {
            Ok(options)
        }
    }
}

/// Checks the image and, unless it is only a test, ends this system so that the image is flashed.
pub(crate) fn run(device: &Device, options: &Options) -> Result<(), String> {
    let verdict = device.validate_for(&options.image, options.keep);
    let forced = options.force && verdict.forceable && !options.test;
    if !verdict.valid && !forced {
        let reason = verdict.complaints.join(" ");
        if !options.test {
            Device::report(&Report::Refused {
                reason: reason.clone(),
            });
        }
        return Err(format!("Image check failed. {reason}"));
    }
    if options.test {
        return Ok(());
    }
    hand_over(device, options).map_err(|error| {
        let reason = format!("Image and settings could not be handed over: {error}");
        Device::report(&Report::Refused {
            reason: reason.clone(),
        });
        reason
    })?;
    Device::report(&Report::Sysupgrade { keep: options.keep });
    std::process::exit(0)
}

fn hand_over(device: &Device, options: &Options) -> io::Result<()> {
    let mut spool = device
        .spool
        .lock()
        .map_err(|_| io::Error::other("another sysupgrade failed"))?;
    if options.keep {
        pack(&mut spool.settings)?;
    }
    io::copy(&mut File::open(&options.image)?, &mut spool.image)?;
    spool.image.sync_all()
}

/// Writes all files that survive as a tar archive; gives back what it wrote to.
pub(crate) fn pack<W: io::Write>(target: W) -> io::Result<W> {
    let mut archive = tar::Builder::new(target);
    archive.follow_symlinks(false);
    for path in kept(Path::new("/")) {
        archive.append_path_with_name(&path, path.strip_prefix("/").unwrap_or(&path))?;
    }
    archive.into_inner()
}

/// All files that survive an upgrade with settings kept.
///
/// Accounts and configuration always do: on a genuine router base-files lists them in its keep.d.
pub(crate) fn kept(root: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let always = [
        "/etc/config/",
        "/etc/passwd",
        "/etc/group",
        "/etc/shadow",
        "/etc/sysupgrade.conf",
    ];
    for entry in always {
        collect(&beneath(root, entry), &mut files);
    }
    let mut lists = vec![root.join("etc/sysupgrade.conf")];
    lists.extend(entries(&root.join("lib/upgrade/keep.d")));
    for list in lists {
        let text = fs::read_to_string(list).unwrap_or_default();
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with('/'));
        lines.for_each(|line| expand(root, line, &mut files));
    }
    files.extend(changed_conffiles(root));
    files
}

fn beneath(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .map(|list| list.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// A line of a keep list: a file, a folder, or a pattern in the last part.
fn expand(root: &Path, line: &str, files: &mut BTreeSet<PathBuf>) {
    let path = beneath(root, line);
    let Some((folder, pattern)) = path
        .parent()
        .zip(path.file_name().and_then(|name| name.to_str()))
    else {
        return;
    };
    if !pattern.contains(['*', '?', '[']) {
        return collect(&path, files);
    }
    let fits = |entry: &PathBuf| {
        entry
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| fnmatch(pattern, name))
    };
    entries(folder)
        .iter()
        .filter(|entry| fits(entry))
        .for_each(|entry| collect(entry, files));
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            for entry in entries(path) {
                collect(&entry, files);
            }
        }
        Ok(_) => drop(files.insert(path.to_owned())),
        Err(_) => {}
    }
}

/// Configuration files of packages that differ from what their package brought.
fn changed_conffiles(root: &Path) -> Vec<PathBuf> {
    let opkg = fs::read_to_string(root.join("usr/lib/opkg/status")).unwrap_or_default();
    let mut lists: Vec<String> = opkg
        .lines()
        .filter(|line| line.starts_with(" /"))
        .map(str::to_owned)
        .collect();
    for file in entries(&root.join("lib/apk/packages")) {
        if file
            .extension()
            .is_some_and(|extension| extension == "conffiles_static")
        {
            lists.extend(
                fs::read_to_string(file)
                    .unwrap_or_default()
                    .lines()
                    .map(str::to_owned),
            );
        }
    }
    let changed = |line: &String| {
        let (file, sum) = line.trim().split_once(' ')?;
        let file = beneath(root, file);
        // opkg notes an MD5 or a SHA-256, apk a SHA-256.
        let now = if sum.len() == 32 {
            digest::<Md5>(&file)
        } else {
            digest::<Sha256>(&file)
        };
        now.is_ok_and(|now| now != sum).then_some(file)
    };
    lists.iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let options = Options::parse(&["-n", "/tmp/firmware.bin", "-F"]).unwrap();
        assert!(!options.keep && options.force && !options.test);
        assert_eq!(options.image, Path::new("/tmp/firmware.bin"));
        assert!(Options::parse(&["-n"]).is_err());
        assert!(Options::parse(&["--create-backup", "x"]).is_err());
    }

    #[test]
    fn settings_lists_and_changed_files_are_kept_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("etc/config/network", "x");
        write("etc/shadow", "root::");
        write("etc/keys/a.pub", "a");
        write("etc/keys/b.txt", "b");
        write(
            "lib/upgrade/keep.d/keys",
            "# keys\n/etc/keys/*.pub\n/etc/absent\n",
        );
        write("etc/changed.conf", "new");
        write("etc/same.conf", "same");
        let same = digest::<Sha256>(&root.path().join("etc/same.conf")).unwrap();
        let old = "0".repeat(32);
        write(
            "usr/lib/opkg/status",
            &format!("Package: p\nConffiles:\n /etc/changed.conf {old}\n /etc/same.conf {same}\n"),
        );
        write("usr/bin/tool", "not kept");
        let names: Vec<String> = kept(root.path())
            .iter()
            .map(|path| {
                path.strip_prefix(root.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(
            names,
            [
                "etc/changed.conf",
                "etc/config/network",
                "etc/keys/a.pub",
                "etc/shadow"
            ]
        );
    }
}
