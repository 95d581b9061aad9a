//! `_('…')` and `N_(count, '…', '…')` in JavaScript, and titles in the JSON of LuCI.
//!
//! Found in the text, as LuCI's own scanner does: a call of `_` or `N_` is nothing else in our few
//! scripts, and what begins like one and is not understood is an error.

use std::sync::LazyLock;

use anyhow::{Context, bail};
use regex::{Captures, Regex};
use serde_json::Value;

use super::sentences::Sentence;

/// A call's beginning, and if it is understood its text or two texts in quotation marks.
static CALL: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    let text = r#"[ \n\t]*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")[ \n\t]*"#;
    Regex::new(&format!(
        r#"(?:^|[^A-Za-z0-9_.$])(?:_\((?:{text}[,)])?|N_\((?:[^'"]*,{text},{text}[,)])?)"#
    ))
});

/// The sentences of a script.
pub(super) fn sentences(source: &str) -> anyhow::Result<Vec<Sentence>> {
    let call = CALL.as_ref().map_err(Clone::clone)?;
    call.captures_iter(source)
        .map(|found| sentence(&found))
        .collect()
}

fn sentence(found: &Captures) -> anyhow::Result<Sentence> {
    let text = |place: usize| found.get(place).map(|text| unquoted(text.as_str()));
    match (text(1), text(2), text(3)) {
        (Some(one), ..) => Ok(Sentence::one(&one?)),
        (_, Some(one), Some(many)) => Ok(Sentence::many(&one?, &many?)),
        _ => bail!(
            "a call of _ or N_ that has something else than texts: {}",
            &found[0]
        ),
    }
}

/// The text of a JavaScript string: JSON's, but for the quotation marks.
fn unquoted(text: &str) -> anyhow::Result<String> {
    let inner = &text[1..text.len() - 1];
    let inner = inner
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace('"', "\\\"");
    let read = serde_json::from_str(&format!("\"{inner}\""));
    read.with_context(|| format!("the text {text:?} is written in a way not understood here"))
}

/// The titles of LuCI's menu and the descriptions of its rights.
pub(super) fn titles(source: &str) -> anyhow::Result<Vec<Sentence>> {
    let mut found = Vec::new();
    collect(&serde_json::from_str(source)?, &mut found);
    Ok(found)
}

fn collect(value: &Value, found: &mut Vec<Sentence>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::String(text) if name == "title" || name == "description" => {
                found.push(Sentence::one(text));
            }
            other => collect(other, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_in_scripts() {
        let source = r#"
            E('p', [ _('Don\'t') ], _( "say “a”" ), _('with', 'context'));
            N_(list.filter(a, b).length, '{0} file', "{0} \"files\"");
            object._('no'); under_('no'); const _ = text => text;
        "#;
        let expected = [
            Sentence::one("Don't"),
            Sentence::one("say “a”"),
            Sentence::one("with"),
            Sentence::many("{0} file", "{0} \"files\""),
        ];
        assert_eq!(sentences(source).unwrap(), expected);
    }

    #[test]
    fn calls_that_would_be_missed_are_refused() {
        for source in [
            "_(name)",
            "_('a' + b)",
            "_(`a`)",
            "N_(n, 'a')",
            "_('a\\x41')",
        ] {
            assert!(sentences(source).is_err(), "{source}");
        }
    }

    #[test]
    fn titles_are_found_in_menus_and_descriptions_in_rights() {
        let menu =
            r#"{"admin/a": {"title": "A", "action": {"type": "view"}}, "admin/b": {"title": "B"}}"#;
        assert_eq!(
            titles(menu).unwrap(),
            [Sentence::one("A"), Sentence::one("B")]
        );
        let rights = r#"{"app": {"description": "D", "read": {"title": ["x"]}}}"#;
        assert_eq!(titles(rights).unwrap(), [Sentence::one("D")]);
    }
}
