//! What is wrong with a distribution's file, where, and what to do about it.

use std::fmt;

use crate::schema::At;

/// One mistake in a file: `libremesh.yml:12:5: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// Line and column, counted from one; absent where the whole file or folder is meant.
    pub place: Option<(u64, u64)>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

/// Every mistake found, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: ", self.file)?,
            None => write!(f, "{}: ", self.file)?,
        }
        write!(f, "{}; {}", self.what, self.help)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for LoadError {}

/// Collects the mistakes of one file, so that a person sees all of them at once.
pub(crate) struct Report<'a> {
    file: &'a str,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    /// Notes what is wrong with `value`.
    pub(crate) fn at<T>(
        &mut self,
        value: &At<T>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = (value.referenced.line(), value.referenced.column());
        self.problems.push(Problem {
            file: self.file.to_owned(),
            place: Some(place),
            what: what.into(),
            help: help.into(),
        });
    }
}
