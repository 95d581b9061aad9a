//! Finds what parsing cannot: names that are none, references that lead nowhere, rules in circles.

mod family;
mod file;
mod release;
mod rules;
mod steps;

use asu_protocol::name::{PackageName, PackageSpec, VersionName};

use crate::error::{Problem, Report};
use crate::schema::{At, File};

pub(crate) use family::check_family;

/// Everything wrong with one file, taken by itself.
pub(crate) fn check_file(name: &str, file: &File) -> Vec<Problem> {
    let mut report = Report::new(name);
    file::check(file, &mut report);
    release::check(file, &mut report);
    steps::check(file, &mut report);
    report.problems.sort_by_key(|problem| problem.place);
    report.problems
}

fn package(name: &At<String>, report: &mut Report<'_>) {
    package_text(name, &name.value, report);
}

fn package_text<T>(place: &At<T>, name: &str, report: &mut Report<'_>) {
    if let Err(error) = name.parse::<PackageName>() {
        report.at(place, error.to_string(), "correct the name");
    }
}

fn package_spec(spec: &At<String>, report: &mut Report<'_>) {
    if let Err(error) = spec.value.parse::<PackageSpec>() {
        report.at(spec, error.to_string(), "correct the name");
    }
}

fn version_of(file: &File, version: &At<String>, report: &mut Report<'_>) {
    let name = &version.value;
    if let Err(error) = name.parse::<VersionName>() {
        report.at(version, error.to_string(), "correct the version");
    } else if file.branch_of(name).is_none() {
        let what = format!("version {name:?} belongs to no branch of this file");
        report.at(
            version,
            what,
            "correct it, or list its branch under `branches`",
        );
    }
}

fn branches_of(file: &File, branches: &[At<String>], report: &mut Report<'_>) {
    for branch in branches {
        let mut known = file.branches.iter();
        if !known.any(|it| it.name.value == branch.value) {
            let what = format!("there is no branch {:?} in this file", branch.value);
            report.at(branch, what, "name one of those under `branches`");
        }
    }
}

/// Names that stand twice where each may stand once.
fn once<'a>(what: &str, names: impl Iterator<Item = &'a At<String>>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeMap::new();
    for name in names {
        if let Some(line) = seen.insert(name.value.as_str(), name.referenced.line()) {
            let text = format!("{what} {:?} stands in line {line} already", name.value);
            report.at(name, text, "merge the two, or rename one");
        }
    }
}
