//! All sentences of the sources, and where each is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::{rust, script};

/// What is said to people: one text, or one and its plural.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sentence {
    /// The text, or its singular.
    pub(super) text: String,
    /// The plural, where there is one.
    pub(super) plural: Option<String>,
}

impl Sentence {
    /// A text without a plural, without blanks at its ends: they are no translator's business, and
    /// LuCI looks a text up without them.
    pub(super) fn one(text: &str) -> Self {
        Self {
            text: text.trim_matches(' ').to_owned(),
            plural: None,
        }
    }

    /// A singular and its plural.
    pub(super) fn many(one: &str, many: &str) -> Self {
        Self {
            text: one.trim_matches(' ').to_owned(),
            plural: Some(many.trim_matches(' ').to_owned()),
        }
    }
}

/// Sentences and the files they are in, which are named from the repository's root.
#[derive(Debug, Default)]
pub(super) struct Sentences(BTreeMap<Sentence, BTreeSet<String>>);

impl Sentences {
    /// The sentences of the view and of what hosts it.
    pub(super) fn of(root: &Path) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for folder in ["core/src", "host", "luci", "standalone"] {
            let folder = root.join("luci-wasm").join(folder);
            if folder.exists() {
                all.read(root, &folder)?;
            }
        }
        all.one_plural_each()?;
        Ok(all)
    }

    /// The sentences, sorted by their text, with the files they are in.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Sentence, &BTreeSet<String>)> {
        self.0.iter()
    }

    fn read(&mut self, root: &Path, place: &Path) -> anyhow::Result<()> {
        if place.is_dir() {
            for entry in fs::read_dir(place)? {
                self.read(root, &entry?.path())?;
            }
            return Ok(());
        }
        let Some(find) = reader(place) else {
            return Ok(());
        };
        let name = place.strip_prefix(root)?.to_string_lossy().into_owned();
        let text = fs::read_to_string(place)?;
        let found = find(&text).with_context(|| format!("in {name}"))?;
        self.add(&name, found);
        Ok(())
    }

    /// Adds what was found in a file.
    pub(super) fn add(&mut self, file: &str, found: Vec<Sentence>) {
        for sentence in found {
            self.0.entry(sentence).or_default().insert(file.to_owned());
        }
    }

    /// A catalogue has one entry for a text, with a plural or without.
    fn one_plural_each(&self) -> anyhow::Result<()> {
        let sentences: Vec<_> = self.0.keys().collect();
        for pair in sentences.windows(2) {
            if let [a, b] = pair
                && a.text == b.text
            {
                bail!("“{}” has a plural in one place and not in another", a.text);
            }
        }
        Ok(())
    }
}

type Reader = fn(&str) -> anyhow::Result<Vec<Sentence>>;

/// What finds the sentences of a file.
fn reader(file: &Path) -> Option<Reader> {
    let folder = file.parent()?.file_name()?;
    match file.extension()?.to_str()? {
        "rs" if file.file_stem()? != "tests" => Some(rust::sentences),
        "js" => Some(script::sentences),
        "json" if folder == "menu.d" || folder == "acl.d" => Some(script::titles),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_said_twice_is_one_with_two_places() {
        let mut all = Sentences::default();
        all.add("b.rs", vec![Sentence::one(" needs "), Sentence::one("a")]);
        all.add("a.js", vec![Sentence::one("needs")]);
        let found: Vec<_> = all.iter().collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0.text, "needs");
        let files: Vec<_> = found[1].1.iter().map(String::as_str).collect();
        assert_eq!(files, ["a.js", "b.rs"]);
    }

    #[test]
    fn one_text_with_and_without_a_plural_is_refused() {
        let mut all = Sentences::default();
        let found = vec![Sentence::one("file"), Sentence::many("file", "files")];
        all.add("a.rs", found);
        assert!(all.one_plural_each().is_err());
    }

    #[test]
    fn the_view_s_own_sources_have_sentences() {
        let all = Sentences::of(&crate::run::root()).unwrap();
        let sentence = Sentence::many("{0} package", "{0} packages");
        assert!(all.iter().any(|(found, _)| *found == sentence));
        assert!(
            all.iter()
                .all(|(_, files)| !files.iter().any(|file| file.ends_with("/tests.rs")))
        );
    }
}
