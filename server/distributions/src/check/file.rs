//! Names, mirrors, keys, feeds, targets and package sets.

use asu_protocol::name::FilePath;

use super::{branches_of, once, package_spec, version_of};
use crate::error::Report;
use crate::schema::{At, File, PackageSet, Repository, Targets};
use crate::template;

/// How much a network profile's files may be, paths and texts, bytes: they are in every request.
const MOST_FILES: usize = 64 * 1024;

pub(super) fn check(file: &File, report: &mut Report<'_>) {
    names(file, report);
    mirror(file, report);
    keys(file, report);
    repositories(file, report);
    targets(&file.targets, report);
    for branch in &file.branches {
        branch.targets.iter().for_each(|own| targets(own, report));
    }
    for entry in &file.channels {
        version_of(file, &entry.latest, report);
    }
    sets(file, report);
}

fn names(file: &File, report: &mut Report<'_>) {
    for name in std::iter::once(&file.name).chain(&file.aliases) {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.value.is_empty() || !name.value.chars().all(fits) {
            let what = format!("{:?} is not a distribution's name", name.value);
            report.at(name, what, "use letters, digits and . _ -");
        }
    }
}

fn mirror(file: &File, report: &mut Report<'_>) {
    match &file.mirror {
        Some(mirror) if !is_url(&mirror.value) => {
            let what = format!("{:?} is not the URL of a mirror", mirror.value);
            report.at(mirror, what, "write it as https://host/folder");
        }
        None if file.parent.is_none() => {
            let help = "add `mirror: https://…`, or name the `parent` whose mirror is used";
            report.at(&file.name, "the distribution has no mirror", help);
        }
        _ => {}
    }
}

fn is_url(text: &str) -> bool {
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

fn keys(file: &File, report: &mut Report<'_>) {
    for key in &file.keys.usign {
        branches_of(file, &key.branches, report);
        if key.fingerprint().is_none() {
            let help = "copy the second line of the key file, 56 characters of base64";
            report.at(&key.key, "this is not a usign public key", help);
        }
    }
    for key in &file.keys.apk {
        branches_of(file, &key.branches, report);
        if !key.looks_like_pem() {
            let help = "copy the whole file, from BEGIN PUBLIC KEY to END PUBLIC KEY";
            report.at(&key.pem, "this is not a public key in PEM", help);
        }
    }
    once("apk key", file.keys.apk.iter().map(|key| &key.name), report);
}

fn repositories(file: &File, report: &mut Report<'_>) {
    let own = file
        .branches
        .iter()
        .filter_map(|branch| branch.repositories.as_ref());
    for list in std::iter::once(&file.repositories).chain(own) {
        once(
            "repository",
            list.iter().map(|repository| &repository.name),
            report,
        );
        for it in list {
            repository(file, it, report);
        }
    }
}

fn repository(file: &File, repository: &Repository, report: &mut Report<'_>) {
    branches_of(file, &repository.branches, report);
    let Repository { name, url, .. } = repository;
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.value.is_empty() || !name.value.chars().all(fits) {
        let what = format!("{:?} is not a repository's name", name.value);
        report.at(name, what, "use letters, digits and . _ -");
    }
    if !is_url(&url.value) && !url.value.starts_with("{mirror}/") {
        let what = format!("{:?} is not a repository's URL", url.value);
        report.at(url, what, "begin it with https:// or {mirror}/");
    }
    placeholders(url, template::IN_URLS, report);
}

/// Placeholders that are none, with a list of those there are.
pub(super) fn placeholders(text: &At<String>, allowed: &[&str], report: &mut Report<'_>) {
    if let Err(what) = template::check(&text.value, allowed) {
        let names: Vec<String> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
        report.at(text, what, format!("use {}", names.join(" ")));
    }
}

fn targets(targets: &Targets, report: &mut Report<'_>) {
    for glob in targets.supported.iter().chain(&targets.ignored) {
        target_glob(glob, report);
    }
}

/// Globs that no target can fit.
pub(super) fn target_glob(glob: &At<String>, report: &mut Report<'_>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-*?".contains(c);
    let halves = glob.value.split_once('/');
    let half = |text: &str| !text.is_empty() && text.chars().all(fits);
    if !halves.is_some_and(|(target, subtarget)| half(target) && half(subtarget)) {
        let what = format!("{:?} fits no target", glob.value);
        report.at(glob, what, "write target/subtarget, with * for any part");
    }
}

fn sets(file: &File, report: &mut Report<'_>) {
    file.vanilla
        .iter()
        .for_each(|package| package_spec(package, report));
    once("flavor", file.flavors.iter().map(|set| &set.name), report);
    once(
        "network profile",
        file.network_profiles.iter().map(|set| &set.name),
        report,
    );
    for set in file.flavors.iter().chain(&file.network_profiles) {
        package_set(file, set, report);
    }
    for text in file.flavors.iter().flat_map(|set| set.files.values()) {
        report.at(
            text,
            "a flavor has no files",
            "make a network profile of it",
        );
    }
    for set in &file.network_profiles {
        files(set, report);
    }
}

fn files(set: &PackageSet, report: &mut Report<'_>) {
    let mut size = 0;
    for (path, text) in &set.files {
        if let Err(error) = path.parse::<FilePath>() {
            report.at(text, error.to_string(), "correct the path");
        }
        size += path.len() + text.value.len();
    }
    if size > MOST_FILES {
        let what = format!("the files of {:?} have {size} bytes", set.name.value);
        let next = format!("at most {MOST_FILES} are built in; make a package of them");
        report.at(&set.name, what, next);
    }
}

fn package_set(file: &File, set: &PackageSet, report: &mut Report<'_>) {
    branches_of(file, &set.branches, report);
    set.packages
        .iter()
        .for_each(|package| package_spec(package, report));
    if set.packages.is_empty() {
        let what = format!("{:?} has no packages", set.name.value);
        report.at(
            &set.name,
            what,
            "list some under `packages`, or leave it out",
        );
    }
}
