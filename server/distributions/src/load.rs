//! Reads distributions: those committed with this crate, and an operator's own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{check_family, check_file};
use crate::distribution::Distribution;
use crate::error::{LoadError, Problem, Report};
use crate::schema::File;

const COMMITTED: &[(&str, &str)] = &[
    ("openwrt.yml", include_str!("../openwrt.yml")),
    ("libremesh.yml", include_str!("../libremesh.yml")),
];

/// The distributions a server knows.
#[derive(Debug, Clone)]
pub struct Distributions {
    by_name: BTreeMap<String, Arc<Distribution>>,
}

/// A file that was read and is sound by itself.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) file: File,
}

impl Distributions {
    /// Those committed with this crate.
    pub fn committed() -> Result<Self, LoadError> {
        Self::from_texts(COMMITTED)
    }

    /// Those committed with this crate, and the `*.yml` of a folder: a file there stands in for
    /// the committed one whose `name` it has.
    pub fn load_dir(folder: &Path) -> Result<Self, LoadError> {
        let mut reading = Reading::default();
        reading.layer(
            COMMITTED
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        );
        let texts = read(folder).map_err(|problems| LoadError { problems })?;
        reading.layer(texts.into_iter());
        reading.finish()
    }

    /// The distributions of these files, each a file's name and its text.
    pub fn from_texts(texts: &[(&str, &str)]) -> Result<Self, LoadError> {
        let mut reading = Reading::default();
        reading.layer(
            texts
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        );
        reading.finish()
    }

    /// The distribution requests call `name`.
    pub fn get(&self, name: &str) -> Option<&Distribution> {
        self.iter()
            .find(|distribution| distribution.is_called(name))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Distribution> {
        self.by_name.values().map(AsRef::as_ref)
    }
}

/// Files being read, layer upon layer: a later layer overrides the names of those before.
#[derive(Default)]
struct Reading {
    sources: BTreeMap<String, Source>,
    problems: Vec<Problem>,
}

impl Reading {
    fn layer(&mut self, texts: impl Iterator<Item = (String, String)>) {
        let mut layer: BTreeMap<String, Source> = BTreeMap::new();
        for (name, text) in texts {
            let Some(file) = self.parse(&name, &text) else {
                continue;
            };
            if let Some(other) = layer.get(&file.name.value) {
                let what = format!("{} describes {:?} already", other.name, file.name.value);
                self.note(&name, |report| {
                    report.at(&file.name, what, "remove one of them");
                });
            }
            layer.insert(file.name.value.clone(), Source { name, file });
        }
        self.sources.extend(layer);
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<File> {
        match serde_saphyr::from_str::<File>(text) {
            Ok(file) => {
                self.problems.extend(check_file(name, &file));
                Some(file)
            }
            Err(error) => {
                self.problems.push(unreadable(name, &error));
                None
            }
        }
    }

    fn note(&mut self, name: &str, what: impl FnOnce(&mut Report<'_>)) {
        let mut report = Report::new(name);
        what(&mut report);
        self.problems.extend(report.problems);
    }

    fn finish(mut self) -> Result<Distributions, LoadError> {
        // Parents are judged only when every file could be read: a file that was not is missed.
        if self.problems.is_empty() {
            self.problems = check_family(&self.sources);
        }
        if !self.problems.is_empty() {
            return Err(LoadError {
                problems: self.problems,
            });
        }
        let mut by_name = BTreeMap::new();
        for name in self.sources.keys() {
            link(name, &self.sources, &mut by_name);
        }
        Ok(Distributions { by_name })
    }
}

/// Gives a distribution its parent; the family was checked, so this ends.
fn link(
    name: &str,
    sources: &BTreeMap<String, Source>,
    linked: &mut BTreeMap<String, Arc<Distribution>>,
) -> Option<Arc<Distribution>> {
    if let Some(distribution) = linked.get(name) {
        return Some(Arc::clone(distribution));
    }
    let file = sources.get(name)?.file.clone();
    let parent = match &file.parent {
        Some(parent) => link(&parent.value, sources, linked),
        None => None,
    };
    let distribution = Arc::new(Distribution { file, parent });
    linked.insert(name.to_owned(), Arc::clone(&distribution));
    Some(distribution)
}

fn unreadable(name: &str, error: &serde_saphyr::Error) -> Problem {
    let location = error.location();
    let text = error.without_snippet().to_string();
    // The library ends its sentence with the place, which stands at the beginning of ours.
    let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
    Problem {
        file: name.to_owned(),
        place: location.map(|place| (place.line(), place.column())),
        what,
        help: "docs/distributions.md lists every field with an example".to_owned(),
    }
}

/// The `*.yml` of a folder, in the order of their names.
fn read(folder: &Path) -> Result<Vec<(String, String)>, Vec<Problem>> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| vec![unread(folder, &error)])?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension() == Some(OsStr::new("yml")));
    paths.sort();
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match std::fs::read_to_string(&path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(error) => problems.push(unread(&path, &error)),
        }
    }
    if problems.is_empty() {
        Ok(texts)
    } else {
        Err(problems)
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Problem {
    Problem {
        file: path.display().to_string(),
        place: None,
        what: format!("it cannot be read: {error}"),
        help: "check that it exists and that the server may read it".to_owned(),
    }
}
