//! Catalogues in gettext's PO format: made, brought up to date and looked through.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, anyhow};
use polib::message::{Message, MessageView};
use polib::metadata::CatalogMetadata;
use polib::{po_file, po_file::POParseOptions};

use super::sentences::{Sentence, Sentences};

/// The sentences of one language, or the template of all.
pub(super) struct Catalogue(polib::catalog::Catalog);

impl Catalogue {
    /// The template: all sentences, none translated.
    pub(super) fn template(sentences: &Sentences) -> anyhow::Result<Self> {
        let empty =
            Self::parse(b"msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=n != 1;\\n\"\n")?;
        Ok(empty.merged(sentences))
    }

    /// Reads a catalogue.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no catalogue", file.display()))
    }

    /// Reads the text of a catalogue.
    pub(super) fn parse(text: &[u8]) -> anyhow::Result<Self> {
        let read = po_file::parse_from_reader_with_option(text, &POParseOptions::new());
        Ok(Self(read.map_err(|error| anyhow!("{error}"))?))
    }

    /// The same sentences as the sources have, in their order, with the translations there are.
    pub(super) fn merged(&self, sentences: &Sentences) -> Self {
        let mut merged = polib::catalog::Catalog::new(head(&self.0.metadata));
        merged.preheader.clone_from(&self.0.preheader);
        for (sentence, files) in sentences.iter() {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            merged.append_or_update(self.entry(sentence, files.join("\n")));
        }
        Self(merged)
    }

    /// The entry of a sentence: its translation here, or none.
    fn entry(&self, sentence: &Sentence, source: String) -> Message {
        let plural = sentence.plural.as_deref();
        let old = self.0.find_message(None, &sentence.text, plural);
        let comments = old
            .map(MessageView::translator_comments)
            .unwrap_or_default();
        let flags = old.map(|old| old.flags().clone()).unwrap_or_default();
        let forms = old.map(forms).unwrap_or_default();
        let mut entry = match plural {
            Some(plural) => {
                let count = self.0.metadata.plural_rules.nplurals;
                let forms = (0..count).map(|form| forms.get(form).cloned().unwrap_or_default());
                Message::build_plural()
                    .with_msgid_plural(plural.to_owned())
                    .with_msgstr_plural(forms.collect())
                    .clone()
            }
            None => Message::build_singular()
                .with_msgstr(forms.concat())
                .clone(),
        };
        entry
            .with_msgid(sentence.text.clone())
            .with_source(source)
            .with_translator_comments(comments.to_owned())
            .with_flags(flags)
            .done()
    }

    /// The text of the catalogue's file.
    pub(super) fn text(&self) -> anyhow::Result<String> {
        let mut writer = BufWriter::new(Vec::new());
        po_file::write(&self.0, &mut writer)?;
        let text = String::from_utf8(writer.into_inner()?)?;
        // An empty line between entries, none at the end.
        Ok(format!("{}\n", text.trim_end()))
    }

    /// How this language counts: gettext's formula, which tells the form for the number `n`.
    pub(super) fn plural_rule(&self) -> &str {
        &self.0.metadata.plural_rules.expr
    }

    /// Each sentence with the forms of its translation and the files it is in.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Sentence, Vec<String>, &str)> {
        self.0
            .messages()
            .map(|entry| (sentence(entry), forms(entry), entry.source()))
    }

    /// What is wrong with the translations, each in a line.
    pub(super) fn faults(&self) -> Vec<String> {
        self.0.messages().filter_map(fault).collect()
    }
}

/// The head of a catalogue: what gettext and LuCI read of it, and nothing that changes each time.
fn head(old: &CatalogMetadata) -> CatalogMetadata {
    CatalogMetadata {
        mime_version: "1.0".to_owned(),
        content_type: "text/plain; charset=UTF-8".to_owned(),
        content_transfer_encoding: "8bit".to_owned(),
        language: old.language.clone(),
        plural_rules: old.plural_rules.clone(),
        ..CatalogMetadata::new()
    }
}

fn sentence(entry: &dyn MessageView) -> Sentence {
    match entry.msgid_plural() {
        Ok(plural) => Sentence::many(entry.msgid(), plural),
        Err(_) => Sentence::one(entry.msgid()),
    }
}

fn forms(entry: &dyn MessageView) -> Vec<String> {
    match entry.msgstr_plural() {
        Ok(forms) => forms.clone(),
        Err(_) => entry.msgstr().into_iter().map(str::to_owned).collect(),
    }
}

fn fault(entry: &dyn MessageView) -> Option<String> {
    let Sentence { text, plural } = sentence(entry);
    let forms = forms(entry);
    let values = placeholders(plural.as_deref().unwrap_or(&text));
    let fault = if forms.iter().all(String::is_empty) {
        "is not translated"
    } else if forms.iter().any(String::is_empty) {
        "lacks a plural form"
    } else if entry.is_fuzzy() {
        "is marked as fuzzy"
    } else if forms.iter().any(|form| form.trim() != form) {
        "has blanks around its translation"
    } else if forms
        .iter()
        .any(|form| !placeholders(form).is_subset(&values))
        || forms
            .last()
            .is_some_and(|form| placeholders(form) != values)
    {
        "has other placeholders than its translation"
    } else {
        return None;
    };
    Some(format!("“{text}” {fault}"))
}

/// The places of values in a sentence: `{0}`, and `%s` of LuCI's own functions, with how often
/// they are there.
fn placeholders(text: &str) -> BTreeSet<(String, usize)> {
    let mut found = BTreeSet::new();
    let mut add = |place: &str| {
        found.insert((place.to_owned(), text.matches(place).count()));
    };
    for part in text.split('{').skip(1) {
        if let Some((number, _)) = part.split_once('}') {
            add(&format!("{{{number}}}"));
        }
    }
    for part in text.split('%').skip(1) {
        if let Some(kind) = part.chars().next().filter(char::is_ascii_alphabetic) {
            add(&format!("%{kind}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "# Somebody
msgid \"\"
msgstr \"\"
\"MIME-Version: 1.0\\n\"
\"Content-Type: text/plain; charset=UTF-8\\n\"
\"Content-Transfer-Encoding: 8bit\\n\"
\"Language: de\\n\"
\"Plural-Forms: nplurals=2; plural=n != 1;\\n\"

# Not “Gerät”.
#: a.rs
msgid \"router\"
msgstr \"Router\"

#: a.rs
#: b.rs
msgid \"{0} package\"
msgid_plural \"{0} packages\"
msgstr[0] \"{0} Paket\"
msgstr[1] \"{0} Pakete\"
";

    fn german() -> Catalogue {
        Catalogue::parse(GERMAN.as_bytes()).unwrap()
    }

    fn sentences(all: &[Sentence]) -> Sentences {
        let mut sentences = Sentences::default();
        sentences.add("a.rs", all.to_vec());
        sentences
    }

    #[test]
    fn a_catalogue_is_written_as_it_was_read() {
        assert_eq!(german().text().unwrap(), GERMAN);
    }

    #[test]
    fn new_sentences_come_old_ones_go_and_translations_stay() {
        let merged = german().merged(&sentences(&[
            Sentence::many("{0} byte", "{0} bytes"),
            Sentence::one("new \"one\""),
            Sentence::one("router"),
        ]));
        let text = merged.text().unwrap();
        assert!(text.starts_with("# Somebody\n"), "{text}");
        let entries = "
#: a.rs
msgid \"new \\\"one\\\"\"
msgstr \"\"

# Not “Gerät”.
#: a.rs
msgid \"router\"
msgstr \"Router\"

#: a.rs
msgid \"{0} byte\"
msgid_plural \"{0} bytes\"
msgstr[0] \"\"
msgstr[1] \"\"
";
        assert!(text.ends_with(entries), "{text}");
        assert!(!text.contains("Paket"), "{text}");
        assert_eq!(merged.faults().len(), 2);
        let again = Catalogue::parse(text.as_bytes()).unwrap();
        assert_eq!(again.text().unwrap(), text);
    }

    fn fault_of(head: &str, entry: &str) -> Option<String> {
        let text = format!("msgid \"\"\nmsgstr \"Plural-Forms: {head};\\n\"\n\n{entry}\n");
        let catalogue = Catalogue::parse(text.as_bytes()).unwrap();
        let fault = catalogue.faults().pop();
        fault.and_then(|fault| Some(fault.split_once("” ")?.1.to_owned()))
    }

    #[test]
    fn faults_of_a_translation_are_told() {
        let one = |text: &str, said: &str| {
            let entry = format!("msgid \"{text}\"\nmsgstr \"{said}\"");
            fault_of("nplurals=2; plural=n != 1", &entry)
        };
        let other = "has other placeholders than its translation";
        assert_eq!(one("a {0}", "{0} A"), None);
        assert_eq!(one("a", "").as_deref(), Some("is not translated"));
        assert_eq!(one("a {0}", "A").as_deref(), Some(other));
        assert_eq!(one("a {0}", "A {1}").as_deref(), Some(other));
        assert_eq!(one("{0} {1}", "{0} {0}").as_deref(), Some(other));
        assert_eq!(one("%s {0} %", "{0}").as_deref(), Some(other));
        let blanks = "has blanks around its translation";
        assert_eq!(one("a", "A ").as_deref(), Some(blanks));
        let fuzzy = fault_of(
            "nplurals=1; plural=0",
            "#, fuzzy\nmsgid \"a\"\nmsgstr \"A\"",
        );
        assert_eq!(fuzzy.as_deref(), Some("is marked as fuzzy"));
    }

    #[test]
    fn a_singular_may_leave_out_its_number_but_no_form_may_be_missing() {
        let many = |one: &str, many: &str| {
            let ids = "msgid \"one is ahead\"\nmsgid_plural \"{0} are ahead\"";
            let entry = format!("{ids}\nmsgstr[0] \"{one}\"\nmsgstr[1] \"{many}\"");
            fault_of("nplurals=2; plural=n != 1", &entry)
        };
        assert_eq!(many("eins", "{0} davor"), None);
        assert_eq!(many("", "{0}").as_deref(), Some("lacks a plural form"));
        assert!(many("eins", "mehrere").is_some());
    }
}
