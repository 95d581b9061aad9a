//! What the plain page loads: each catalogue as JSON, and in `words.js` a list of them.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value};

use super::{Catalogue, LANGUAGES, catalogues};
use crate::run::root;

/// Where what only LuCI says comes from.
const LUCI: &str = "luci-wasm/luci/";

/// Writes `words/LANGUAGE.json` into the folder of the page: an object of each sentence with its
/// translation, or with the forms of it where there is a plural.
pub(crate) fn write(www: &Path) -> anyhow::Result<()> {
    let folder = www.join("words");
    fs::create_dir_all(&folder)?;
    for (language, file) in catalogues()? {
        let words = Value::Object(words(&Catalogue::read(&file)?));
        fs::write(folder.join(format!("{language}.json")), words.to_string())?;
    }
    Ok(())
}

/// The translated sentences of a catalogue that the plain page can say.
fn words(catalogue: &Catalogue) -> Map<String, Value> {
    let said = catalogue.entries().filter(|(_, forms, files)| {
        forms.iter().all(|form| !form.is_empty())
            && files.lines().any(|file| !file.starts_with(LUCI))
    });
    said.map(|(sentence, mut forms, _)| {
        let value = match sentence.plural {
            Some(_) => Value::from(forms),
            None => Value::from(forms.swap_remove(0)),
        };
        (sentence.text, value)
    })
    .collect()
}

/// Says so if the list in `words.js` lacks a language, or counts in another way than its catalogue.
pub(super) fn unlisted(language: &str, catalogue: &Catalogue) -> anyhow::Result<Option<String>> {
    let list = fs::read_to_string(root().join(LANGUAGES)).context("the page has no words.js")?;
    let rule = catalogue.plural_rule();
    let line = format!("\t{language}: n => {rule},");
    let missing = !list.lines().any(|listed| listed == line);
    Ok(missing.then(|| format!("{LANGUAGES} lacks the line `{}`", line.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_page_says_and_what_is_translated_is_written() {
        let text = br#"
msgid ""
msgstr "Plural-Forms: nplurals=2; plural=n != 1;\n"

#: luci-wasm/core/src/a.rs
#: luci-wasm/luci/a.js
msgid "a"
msgstr "A"

#: luci-wasm/luci/a.js
msgid "b"
msgstr "B"

#: luci-wasm/core/src/a.rs
msgid "c"
msgstr ""

#: luci-wasm/core/src/a.rs
msgid "{0} d"
msgid_plural "{0} ds"
msgstr[0] "{0} D"
msgstr[1] "{0} De"
"#;
        let words = Value::Object(words(&Catalogue::parse(text).unwrap()));
        assert_eq!(words.to_string(), r#"{"a":"A","{0} d":["{0} D","{0} De"]}"#);
    }
}
