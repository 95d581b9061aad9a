//! The entries under `transformations`.

use super::file::target_glob;
use super::{once, package, package_text, rules, version_of};
use crate::compat::CompatVersion;
use crate::error::Report;
use crate::schema::{Addition, Change, Compat, File, LanguagePack, Step};

pub(super) fn check(file: &File, report: &mut Report<'_>) {
    let versions = file.transformations.iter().map(|step| &step.version);
    once("a transformation to version", versions, report);
    for step in &file.transformations {
        version_of(file, &step.version, report);
        rules::check(&step.packages, report);
        step.language_packs
            .iter()
            .for_each(|pack| language_pack(pack, report));
        step.additions
            .iter()
            .for_each(|it| addition(file, step, it, report));
        step.compat.iter().for_each(|it| compat(step, it, report));
        once(
            "board",
            step.boards.iter().map(|rename| &rename.from),
            report,
        );
    }
}

fn compat(step: &Step, compat: &Compat, report: &mut Report<'_>) {
    compat
        .targets
        .iter()
        .for_each(|glob| target_glob(glob, report));
    if compat.targets.is_empty() {
        let help = "name the targets, or leave it out";
        report.at(&step.version, "a compat_version is of no target", help);
    }
    if CompatVersion::read(&compat.compat_version.value).is_none() {
        let what = format!("{:?} is no compat_version", compat.compat_version.value);
        report.at(
            &compat.compat_version,
            what,
            "write two numbers, as in \"1.1\"",
        );
    }
}

fn language_pack(pack: &LanguagePack, report: &mut Report<'_>) {
    package(&pack.prefix, report);
    match &pack.to.value {
        Change::Drop => {}
        Change::Replace(prefixes) if prefixes.len() == 1 => {
            package_text(&pack.to, &prefixes[0], report);
        }
        _ => report.at(
            &pack.to,
            "a prefix becomes one prefix or none",
            "write one, or false",
        ),
    }
}

fn addition(file: &File, step: &Step, addition: &Addition, report: &mut Report<'_>) {
    addition
        .packages
        .iter()
        .for_each(|name| package(name, report));
    addition
        .targets
        .iter()
        .for_each(|glob| target_glob(glob, report));
    if addition.packages.is_empty() {
        let help = "list some under `packages`, or leave it out";
        report.at(&step.version, "an addition adds nothing", help);
    }
    if let Some(until) = &addition.until {
        version_of(file, until, report);
        if file.compare(&step.version.value, &until.value).is_ge() {
            let what = format!("{:?} is not after {:?}", until.value, step.version.value);
            report.at(
                until,
                what,
                "name the first version that no longer wants it",
            );
        }
    }
}
