//! What `make manifest` says: the packages an image would have.

use std::collections::BTreeMap;

use asu_protocol::name::{PackageName, PackageSpec, PackageVersion};
use asu_protocol::problem::PackageProblem;

use crate::{BuildError, Failure};

/// Package name to version.
pub(crate) type Manifest = BTreeMap<String, String>;

/// Reads the output of `make manifest`: `name - version` (opkg) or `name version` (apk) lines;
/// others, such as make's own, are passed over.
pub(crate) fn parse(text: &str) -> Manifest {
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
