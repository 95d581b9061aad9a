//! Branches: their order, their folders and what they are built on.

use asu_protocol::name::VersionName;
use asu_protocol::release;

use super::file::placeholders;
use super::once;
use crate::error::Report;
use crate::schema::{Branch, File};
use crate::template;

pub(super) fn check(file: &File, report: &mut Report<'_>) {
    if file.branches.is_empty() {
        report.at(
            &file.name,
            "the distribution has no branches",
            "add one under `branches`",
        );
    }
    once(
        "branch",
        file.branches.iter().map(|branch| &branch.name),
        report,
    );
    for branch in &file.branches {
        name(branch, report);
        versions(file, branch, report);
        complete(file, branch, report);
        if let Some(path) = &branch.path {
            placeholders(path, template::IN_PATHS, report);
        }
    }
    order(file, report);
}

fn name(branch: &Branch, report: &mut Report<'_>) {
    if let Err(error) = branch.name.value.parse::<VersionName>() {
        report.at(&branch.name, error.to_string(), "correct the name");
    } else if branch.part_of(&branch.name.value).is_none() {
        let what = format!(
            "{:?} is not how its own versions are spelt",
            branch.name.value
        );
        let help = "name the branch as its versions begin: 24.10, SNAPSHOT, or as `versions` says";
        report.at(&branch.name, what, help);
    }
}

fn versions(file: &File, branch: &Branch, report: &mut Report<'_>) {
    let Some(versions) = &branch.versions else {
        return;
    };
    placeholders(versions, template::IN_VERSIONS, report);
    if file.parent.is_none() {
        let what = "`versions` speaks of a parent, and the distribution has none";
        report.at(versions, what, "leave it out, or name the `parent`");
    }
    if branch.parent_version.is_some() {
        let what = "`versions` and `parent_version` both say what the branch is built on";
        report.at(versions, what, "leave one of them out");
    }
    if versions.value.matches("{parent_version}").count() != 1 {
        let what = format!("{:?} does not tell the parent's version", versions.value);
        report.at(versions, what, "put {parent_version} into it once");
    }
}

/// What an enabled branch needs to be built.
fn complete(file: &File, branch: &Branch, report: &mut Report<'_>) {
    let has_parent = branch.versions.is_some() || branch.parent_version.is_some();
    if let (Some(version), None) = (&branch.parent_version, &file.parent) {
        let what = "the branch has a parent's version, and the distribution has no parent";
        report.at(version, what, "leave it out, or name the `parent`");
    }
    if !branch.enabled || (file.parent.is_some() && has_parent) {
        return;
    }
    let missing = [
        ("path", branch.path.is_none()),
        ("package_manager", branch.package_manager.is_none()),
    ];
    for (field, _) in missing.iter().filter(|(_, is_missing)| *is_missing) {
        let what = format!(
            "branch {:?} is enabled and has no `{field}`",
            branch.name.value
        );
        report.at(&branch.name, what, "add it, or write `enabled: false`");
    }
}

/// Branches that are listed before older ones, where their names tell.
fn order(file: &File, report: &mut Report<'_>) {
    let by_number = |branch: &&Branch| branch.versions.is_none();
    let branches: Vec<&Branch> = file.branches.iter().filter(by_number).collect();
    for pair in branches.windows(2) {
        let (older, newer) = (&pair[0].name, &pair[1].name);
        if release::compare(&older.value, &newer.value).is_gt() {
            let what = format!(
                "{:?} is listed after {:?}, which is newer",
                newer.value, older.value
            );
            report.at(newer, what, "list the branches oldest first");
        }
    }
}
