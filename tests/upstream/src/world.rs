//! What upstream offers, as far as the mirror shows it: releases, devices, packages and their files.
//!
//! The facts stand in the tables of `data/` and the files of `files/`; this module only reads them.

pub mod contents;
pub mod device;
pub mod package;
pub mod release;

/// The rows of a table: lines of columns separated by `|`, `#` lines being comments.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split('|').map(str::trim).collect())
}

/// The words that hold in a release and target: `24:x` only since 24.10, `23:x` only in 23.05.
fn words(text: &'static str, release: &release::Release) -> Vec<&'static str> {
    let holds = |word: &'static str| match word.split_once(':') {
        Some(("23", word)) => (release.series == "23.05").then_some(word),
        Some(("24", word)) => (release.series != "23.05").then_some(word),
        _ => Some(word),
    };
    text.split_whitespace().filter_map(holds).collect()
}
