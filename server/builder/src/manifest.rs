//! The packages an image has, as its build writes them down.
//!
//! `make manifest` would tell them, too, but only by selecting and installing all of them once more.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use asu_index::opkg;

use asu_protocol::name::{PackageName, PackageSpec, PackageVersion};
use asu_protocol::problem::PackageProblem;

use crate::{BuildError, Failure, images};

/// Package name to version.
pub(crate) type Manifest = BTreeMap<String, String>;

/// What opkg knows of an image's packages, below the folder of its root file system.
const STATUS: &str = "usr/lib/opkg/status";
/// No file of packages is longer, bytes.
const LONGEST: u64 = 16 << 20;

/// Reads the `.manifest` beside the images in `folder`; `None` if there is none. `written` is where
/// the ImageBuilder has put its root file system.
///
/// opkg writes names with the ABI version that a library's name ends in; they are told without, as
/// `make manifest STRIP_ABI=1` does and as API v1 knows them. apk's are told as they are, as there.
pub(crate) fn read(folder: &Path, written: &Path) -> io::Result<Option<Manifest>> {
    let mut files = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path());
    let is_manifest = |path: &PathBuf| path.extension().is_some_and(|e| e == "manifest");
    let Some(file) = files.find(is_manifest) else {
        return Ok(None);
    };
    let full = bare_names(written);
    let manifest = parse(&images::text(&file, LONGEST)?).into_iter();
    let bare = manifest.map(|(name, version)| (full.get(&name).cloned().unwrap_or(name), version));
    Ok(Some(bare.collect()))
}

/// The names of all packages, each without its ABI version.
fn bare_names(written: &Path) -> BTreeMap<String, String> {
    let status = roots(written).find_map(|root| images::text(&root.join(STATUS), LONGEST).ok());
    let packages = opkg::read(status.unwrap_or_default().as_bytes());
    let packages = packages.map(|read| read.packages).unwrap_or_default();
    let bare = packages.into_iter().map(|package| {
        let bare = package.plain_name().to_owned();
        (package.name, bare)
    });
    bare.collect()
}

/// Where ImageBuilders put root file systems: `build_dir/target-ARCH/root-BOARD`.
fn roots(written: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let targets = folders(written.join("build_dir"));
    let inner = targets.flat_map(move |target| folders(target.path()));
    let root = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("root-");
    inner.filter(root).map(|entry| entry.path())
}

/// Reads `name - version` lines, and apk's `name version`; others are passed over.
fn parse(text: &str) -> Manifest {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, String)> {
    let (name, version) = line.split_once(" - ").or_else(|| line.split_once(' '))?;
    let name: PackageName = name.parse().ok()?;
    let version: PackageVersion = version.trim_end().parse().ok()?;
    Some((name.into(), version.into()))
}

/// Checks that every package has the version asked for, with API v1's texts.
pub(crate) fn check(
    manifest: &Manifest,
    wanted: &BTreeMap<PackageSpec, PackageVersion>,
) -> Result<(), BuildError> {
    let wanted = wanted.iter().filter(|(spec, _)| !spec.is_removal());
    let problems: Vec<PackageProblem> = wanted
        .filter_map(|(spec, version)| problem(manifest, spec.package(), version.as_str()))
        .collect();
    let Some(first) = problems.first() else {
        return Ok(());
    };
    let detail = format!(
        "Error: Impossible package selection: {} {}",
        first.name, first.reason
    );
    let hint = "Ask for the versions upstream has now, or for no particular version.";
    let failure = Failure {
        packages: problems,
        ..Failure::new("package-version", detail, hint)
    };
    Err(BuildError::request(failure))
}

fn problem(manifest: &Manifest, name: &str, wanted: &str) -> Option<PackageProblem> {
    let reason = match manifest.get(name) {
        Some(version) if version == wanted => return None,
        Some(version) => format!("version not as requested: {wanted} vs. {version}"),
        None => "not in manifest".to_owned(),
    };
    Some(PackageProblem {
        name: name.to_owned(),
        reason,
        remedy: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_package_managers() {
        let opkg =
            parse("make[1]: Entering directory '/x'\nbase-files - 1562-r24106\nluci - git-24.1\n");
        assert_eq!(opkg["base-files"], "1562-r24106");
        assert_eq!(opkg.len(), 2);
        let apk = parse("base-files 1689~10cc5fcd00\nWARNING: opening file: no\n");
        assert_eq!(
            apk,
            Manifest::from([("base-files".into(), "1689~10cc5fcd00".into())])
        );
    }

    #[test]
    fn versions_must_be_those_asked_for() {
        let manifest = parse("luci - 2\n");
        let wanted = |name: &str, version: &str| {
            BTreeMap::from([(name.parse().unwrap(), version.parse().unwrap())])
        };
        assert!(check(&manifest, &wanted("luci", "2")).is_ok());
        assert!(check(&manifest, &wanted("-ppp", "1")).is_ok());
        let error = |name, version| {
            check(&manifest, &wanted(name, version))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("vim", "1"),
            "Error: Impossible package selection: vim not in manifest"
        );
        assert_eq!(
            error("luci", "1"),
            "Error: Impossible package selection: luci version not as requested: 1 vs. 2"
        );
    }
}
