//! What apk says when packages cannot be installed.
//!
//! A block a package: `  name-version:` or `  name (no such package):`, then indented lines such as
//! `    required by: world[name]`, which may go on in the next line.

use crate::diagnosis::Complaints;

/// What a block is about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// A package that exists, by name.
    Package(&'a str),
    /// A name nothing has.
    Absent(&'a str),
    /// A name that several packages provide, none of which is preferred.
    Virtual(&'a str),
}

/// Reads apk's complaints; lines of any other form are passed over.
pub(crate) fn complaints(text: &str) -> Complaints {
    let mut found = Complaints::default();
    let mut subject = None;
    let mut relation = "";
    for line in text.lines() {
        if let Some((package, file, owner)) = clash(line) {
            found.clash(package, file, owner);
        } else if let Some(heading) = heading(line) {
            subject = Some(heading);
        } else if let (Some(subject), Some(words)) = (subject, line.strip_prefix("    ")) {
            let known = [
                "breaks:",
                "conflicts:",
                "satisfies:",
                "required by:",
                "provided by:",
                "note:",
            ];
            let words = words.trim_start();
            let named = known
                .iter()
                .find_map(|name| Some((*name, words.strip_prefix(name)?)));
            let (name, words) = named.unwrap_or((relation, words));
            relation = name;
            for (package, condition) in words.split_whitespace().filter_map(claim) {
                note(&mut found, subject, relation, package, condition);
            }
        }
    }
    found
}

/// What apk says of files it could not get, or not whole.
const LOST: [&str; 12] = [
    "HTTP ",
    "Connection ",
    "DNS: ",
    "TLS: ",
    "temporary error",
    "network error",
    "network connection aborted",
    "could not connect to server",
    "remote server returned error",
    "operation timed out",
    "unexpected end of file",
    "ADB integrity error",
];

/// Whether packages could not be fetched, or not chosen because an index could not be fetched.
pub(crate) fn lacks_files(text: &str) -> bool {
    let is_unsolved = text.contains("ERROR: unable to select packages:");
    text.lines().any(|line| {
        let failed = line
            .strip_prefix("ERROR: ")
            .and_then(|line| line.split_once(": "));
        let is_lost = |(_, reason): (&str, &str)| LOST.iter().any(|sign| reason.starts_with(sign));
        failed.is_some_and(is_lost)
            || is_unsolved && line.starts_with("WARNING: updating and opening ")
    })
}

fn note(found: &mut Complaints, subject: Subject, relation: &str, package: &str, condition: &str) {
    let by_request = package == "world";
    match (subject, relation) {
        (Subject::Absent(name), "required by:") if by_request => found.unknown(name),
        (Subject::Virtual(name), "required by:") if by_request => found.ambiguous(name),
        (Subject::Absent(_) | Subject::Virtual(_), "required by:") => {
            found.needs(package, condition);
        }
        (Subject::Package(name), "breaks:") => match condition.strip_prefix('!') {
            Some(_) if by_request => found.refused(name),
            Some(_) => found.conflict(package, name),
            None if by_request => found.unknown(condition),
            None => found.needs(package, condition),
        },
        (Subject::Package(name), "conflicts:") => found.conflict(name, package),
        _ => {}
    }
}

/// `ERROR: toolset-2.0-r1: trying to overwrite usr/bin/tset owned by clashbox-1.0-r1.`
fn clash(line: &str) -> Option<(&str, &str, &str)> {
    let (package, rest) = line
        .strip_prefix("ERROR: ")?
        .split_once(": trying to overwrite ")?;
    let (file, owner) = rest.split_once(" owned by ")?;
    Some((name_of(package), file, name_of(owner.trim_end_matches('.'))))
}

fn heading(line: &str) -> Option<Subject<'_>> {
    let text = line.strip_prefix("  ")?.strip_suffix(':')?;
    if text.starts_with(' ') {
        return None;
    }
    Some(match text.split_once(" (") {
        Some((name, "virtual)")) => Subject::Virtual(name),
        Some((name, _)) => Subject::Absent(name),
        None => Subject::Package(name_of(text)),
    })
}

/// `meshd-0.7_rc3-r1[libghost>=1]`: who wants what.
fn claim(word: &str) -> Option<(&str, &str)> {
    let (package, condition) = word.strip_suffix(']')?.split_once('[')?;
    Some((name_of(package), condition))
}

/// The name in `name-version-rN`.
fn name_of(package: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let release = package
        .rsplit_once("-r")
        .filter(|(_, number)| is_number(number));
    let versioned = release.map_or(package, |(versioned, _)| versioned);
    match versioned.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => name,
        _ => package,
    }
}
