//! Sentences that are translated where they are shown.
//!
//! A sentence is English text with `{0}`, `{1}` … and the values that belong there, kept in one
//! string between marks that no other text has. So it goes wherever text goes, and text of others
//! (names, versions, what a server says) goes through untouched. [`w!`] and [`many!`] make
//! sentences; `cargo xtask words` finds them for the catalogues; [`resolve`] makes readable text of
//! them. Hand-written, because `format!` alone would be a tenth of the module, and a translator
//! needs the sentence before the values are in it.

/// Begins a sentence.
const BEGIN: char = '\u{1e}';
/// Stands between the singular and the plural.
const PLURAL: char = '\u{1d}';
/// Stands before each value.
const VALUE: char = '\u{1f}';
/// Ends a sentence.
const END: char = '\u{1c}';

/// A sentence: `w!("Find a package")`, `w!("{0} of {1}", found, all)`.
macro_rules! w {
    ($text:literal) => {
        concat!("\u{1e}", $text, "\u{1c}")
    };
    ($text:literal, $($value:expr),+ $(,)?) => {
        $crate::words::sentence!(concat!("\u{1e}", $text), $($value),+)
    };
}

/// A sentence that depends on a number, which is its value `{0}`:
/// `many!("{0} package", "{0} packages", count)`.
macro_rules! many {
    ($one:literal, $many:literal, $($value:expr),+ $(,)?) => {
        $crate::words::sentence!(concat!("\u{1e}", $one, "\u{1d}", $many), $($value),+)
    };
}

/// A begun sentence with its values: each costs one call, and there are hundreds.
macro_rules! sentence {
    ($begun:expr, $($value:expr),+) => {{
        let mut sentence = String::from($begun);
        $($crate::words::Value::put(&$value, &mut sentence);)+
        $crate::words::end(&mut sentence);
        sentence
    }};
}

pub(crate) use {many, sentence, w};

/// What can stand in a sentence; another sentence, too.
pub(crate) trait Value {
    fn put(&self, sentence: &mut String);
}

impl Value for str {
    #[inline(never)]
    fn put(&self, sentence: &mut String) {
        sentence.push(VALUE);
        sentence.push_str(self);
    }
}

impl Value for String {
    fn put(&self, sentence: &mut String) {
        self.as_str().put(sentence);
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn put(&self, sentence: &mut String) {
        (**self).put(sentence);
    }
}

impl Value for u64 {
    #[inline(never)]
    fn put(&self, sentence: &mut String) {
        self.to_string().put(sentence);
    }
}

impl Value for usize {
    fn put(&self, sentence: &mut String) {
        (*self as u64).put(sentence);
    }
}

impl Value for u32 {
    fn put(&self, sentence: &mut String) {
        u64::from(*self).put(sentence);
    }
}

impl Value for u16 {
    fn put(&self, sentence: &mut String) {
        u64::from(*self).put(sentence);
    }
}

impl Value for i64 {
    fn put(&self, sentence: &mut String) {
        self.to_string().put(sentence);
    }
}

/// Ends a sentence.
#[inline(never)]
pub(crate) fn end(sentence: &mut String) {
    sentence.push(END);
}

/// Puts sentences behind one another.
pub(crate) fn join(parts: &[&str], separator: &str) -> String {
    let mut text = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    text
}

/// A language: what its catalogue says for a sentence.
pub trait Language {
    /// The sentence `text`, or `text` itself if it is not known.
    fn one(&self, text: &str) -> String;
    /// The form of a sentence for the number `count`.
    fn many(&self, count: u64, one: &str, many: &str) -> String;
}

/// The language the view is written in.
pub struct English;

impl Language for English {
    fn one(&self, text: &str) -> String {
        text.to_owned()
    }

    fn many(&self, count: u64, one: &str, many: &str) -> String {
        if count == 1 { one } else { many }.to_owned()
    }
}

/// Whether there is anything to translate in a text.
pub fn has_words(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Readable text: every sentence translated, with its values in their places.
pub fn resolve(text: &str, language: &dyn Language) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, sentence, after)) = next(rest) {
        out.push_str(before);
        out.push_str(&translate(sentence, language));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text before the first sentence, the sentence without its marks, and what follows.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = text.split_once(BEGIN)?;
    let mut depth = 1;
    for (place, mark) in from.char_indices() {
        match mark {
            BEGIN => depth += 1,
            END => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((before, &from[..place], &from[place + 1..]));
        }
    }
    None
}

fn translate(sentence: &str, language: &dyn Language) -> String {
    let parts = parts(sentence);
    let values = || parts.iter().skip(1).map(|part| resolve(part, language));
    let text = parts.first().copied().unwrap_or_default();
    let text = match text.split_once(PLURAL) {
        Some((one, many)) => {
            let count = values().next().and_then(|count| count.parse().ok());
            language.many(count.unwrap_or_default(), one, many)
        }
        None => one(text, language),
    };
    place(&text, &values().collect::<Vec<_>>())
}

/// Translates what stands between blanks: catalogues have none at the ends of a sentence.
fn one(text: &str, language: &dyn Language) -> String {
    let words = text.trim_matches(' ');
    text.replacen(words, &language.one(words), 1)
}

/// Cuts a sentence where its own values begin, not those of sentences in it.
fn parts(sentence: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (place, mark) in sentence.char_indices() {
        match mark {
            BEGIN => depth += 1,
            END => depth -= 1,
            VALUE if depth == 0 => {
                parts.push(&sentence[from..place]);
                from = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&sentence[from..]);
    parts
}

/// Puts values where a sentence has their numbers; a number without a value stays.
fn place(text: &str, values: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let inside = from.split_once('}');
        let value = inside.and_then(|(number, _)| values.get(number.parse::<usize>().ok()?));
        if let (Some(value), Some((_, after))) = (value, inside) {
            out.push_str(value);
            rest = after;
        } else {
            out.push('{');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says everything backwards: the values change places.
    struct Upside;

    impl Language for Upside {
        fn one(&self, text: &str) -> String {
            match text {
                "{0} of {1}" => "{1}: {0}".to_owned(),
                other => other.to_uppercase(),
            }
        }

        fn many(&self, count: u64, _: &str, _: &str) -> String {
            if count > 4 { "viele ({0})" } else { "{0}" }.to_owned()
        }
    }

    #[test]
    fn sentences_are_translated_and_other_text_is_not() {
        let text = format!("ab {} {}", w!("yes"), w!("{0} of {1}", 3_u64, "{0}"));
        assert_eq!(resolve(&text, &Upside), "ab YES {0}: 3");
        assert_eq!(resolve(&text, &English), "ab yes 3 of {0}");
        assert!(has_words(&text) && !has_words("yes"));
    }

    #[test]
    fn a_sentence_may_stand_in_another() {
        let inner = many!("{0} package", "{0} packages", 5_usize);
        let text = w!("all {0}", inner);
        assert_eq!(resolve(&text, &English), "all 5 packages");
        assert_eq!(
            resolve(&text, &Upside),
            "ALL VIELE (5)".replace("VIELE", "viele")
        );
    }

    #[test]
    fn what_is_cut_off_or_has_no_value_stays() {
        assert_eq!(resolve("a\u{1e}b", &English), "a\u{1e}b");
        assert_eq!(resolve(&w!("{0} {1} {x} {", "a"), &English), "a {1} {x} {");
    }

    #[test]
    fn blanks_around_a_sentence_are_not_translated() {
        assert_eq!(resolve(w!(" {0} of {1} "), &Upside), " {1}: {0} ");
    }

    #[test]
    fn joined_parts_have_no_gaps() {
        assert_eq!(join(&["a", "", "b"], ", "), "a, b");
    }
}
