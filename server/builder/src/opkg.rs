//! What opkg says when packages cannot be installed.

use crate::diagnosis::Complaints;

/// Reads opkg's output and complaints; lines of any other form are passed over.
pub(crate) fn complaints(text: &str) -> Complaints {
    let mut found = Complaints::default();
    let mut conflicting: Option<&str> = None;
    let mut clashing: Option<(&str, &str)> = None;
    for line in text.lines() {
        if let Some((dependency, package)) = two(line, "cannot find dependency ", " for ") {
            found.needs(package, dependency);
        } else if let Some(package) = after(line, "packages conflict with ") {
            conflicting = Some(package.trim_end_matches(':'));
        } else if let Some(other) = after(line, "check_conflicts_for: \t") {
            found.conflict(
                conflicting.unwrap_or_default(),
                other.trim_end_matches(['*', ' ']),
            );
        } else if let Some(clash) = two(line, "Package ", " wants to install file ") {
            clashing = Some(clash);
        } else if let Some(owner) = after(line, "already provided by package  * ") {
            if let Some((package, file)) = clashing.take() {
                found.clash(package, file, owner.trim_end());
            }
        } else if let Some(package) = after(line, "Cannot satisfy the following dependencies for ")
        {
            conflicting = Some(package.trim_end_matches(':'));
        } else if let (Some(dependency), Some(package)) = (line.strip_prefix(" * \t"), conflicting)
        {
            found.needs(package, dependency.trim_end_matches(['*', ' ']));
        }
    }
    // Told last of each package, also of those whose true trouble was told before.
    for line in text.lines() {
        if let Some(name) = after(line, "Unknown package '") {
            found.unknown(name.trim_end_matches(['.', '\'']));
        } else if let Some(name) = after(line, "Cannot install package ") {
            found.refused(name.strip_suffix('.').unwrap_or(name));
        }
    }
    found
}

fn after<'a>(line: &'a str, words: &str) -> Option<&'a str> {
    line.split_once(words).map(|(_, rest)| rest)
}

fn two<'a>(line: &'a str, before: &str, between: &str) -> Option<(&'a str, &'a str)> {
    after(line, before)?.split_once(between)
}
