//! What only several files together can tell: names that clash and parents that lack.

use std::collections::BTreeMap;

use crate::error::{Problem, Report};
use crate::load::Source;
use crate::schema::{At, Branch, File};

/// Everything wrong between files.
pub(crate) fn check_family(sources: &BTreeMap<String, Source>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources.values() {
        let mut report = Report::new(&source.name);
        called_alike(source, sources, &mut report);
        if let Some(parent) = &source.file.parent {
            parented(&source.file, parent, sources, &mut report);
        }
        problems.extend(report.problems);
    }
    problems
}

fn called_alike(source: &Source, all: &BTreeMap<String, Source>, report: &mut Report<'_>) {
    for alias in &source.file.aliases {
        let same = |name: &At<String>| name.value.eq_ignore_ascii_case(&alias.value);
        let others = all.values().filter(|other| other.name != source.name);
        for other in others {
            if same(&other.file.name) || other.file.aliases.iter().any(same) {
                let what = format!("{:?} is a name in {} already", alias.value, other.name);
                report.at(alias, what, "choose another");
            }
        }
    }
}

fn parented(
    file: &File,
    parent: &At<String>,
    all: &BTreeMap<String, Source>,
    report: &mut Report<'_>,
) {
    let Some(source) = all.get(&parent.value) else {
        let names: Vec<&str> = all.keys().map(String::as_str).collect();
        let what = format!("there is no distribution {:?}", parent.value);
        report.at(
            parent,
            what,
            format!("add its file, or name one of {}", names.join(", ")),
        );
        return;
    };
    if descends_from_itself(file, all) {
        let what = format!("{:?} is its own ancestor", file.name.value);
        report.at(parent, what, "leave `parent` out of one of the files");
        return;
    }
    for branch in &file.branches {
        built_on(branch, source, report);
    }
}

/// What a branch is built on must be a version its parent knows.
fn built_on(branch: &Branch, parent: &Source, report: &mut Report<'_>) {
    let fixed = branch
        .parent_version
        .as_ref()
        .map(|it| (it, it.value.as_str()));
    let spelt = branch
        .versions
        .as_ref()
        .and(branch.part_of(&branch.name.value));
    let version = fixed.or_else(|| Some((&branch.name, spelt?)));
    if let Some((place, version)) = version
        && parent.file.branch_of(version).is_none()
    {
        let what = format!(
            "version {version:?} belongs to no branch of {}",
            parent.name
        );
        report.at(place, what, "correct it, or list its branch there");
    }
}

fn descends_from_itself(file: &File, all: &BTreeMap<String, Source>) -> bool {
    let mut ancestors = Vec::new();
    let mut next = file.parent.as_ref();
    while let Some(parent) = next {
        if parent.value == file.name.value || ancestors.contains(&&parent.value) {
            return true;
        }
        ancestors.push(&parent.value);
        next = all
            .get(&parent.value)
            .and_then(|source| source.file.parent.as_ref());
    }
    false
}
