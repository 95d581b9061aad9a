//! Reading the file: a TOML table whose keys are flags.

use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::Url;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Kind, Setting, Vocabulary, example};
use crate::commands::Error;

/// The right to read of those who are neither the owner nor of the file's group.
const OTHERS_READ: u32 = 0o004;

/// One setting of the file.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    values: Vec<String>,
    is_switch: bool,
}

impl Entry {
    /// The same as words of a command line.
    pub(crate) fn flags(&self) -> Vec<String> {
        if self.is_switch {
            return vec![format!("--{}", self.key); self.values.len()];
        }
        let flags = self.values.iter();
        flags
            .map(|value| format!("--{}={value}", self.key))
            .collect()
    }
}

/// Reads a file whose keys are these; each value is one that clap takes.
pub(crate) fn read(path: &Path, vocabulary: &Vocabulary) -> Result<Vec<Entry>, Error> {
    let shown = path.display();
    let unreadable =
        |error| format!("the configuration file {shown} cannot be read: {error}; check --config");
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let meta = fs::metadata(path).map_err(unreadable)?;
    let at = |byte: usize| format!("{shown}:{}", line_of(&text, byte));
    let table = DeTable::parse(&text).map_err(|error| {
        let place = at(error.span().map_or(0, |span| span.start));
        format!("{place}: {}", error.message())
    })?;
    let mut entries = Vec::new();
    for (key, value) in table.into_inner() {
        let place = at(key.span().start);
        let (key, value) = (key.into_inner(), value.into_inner());
        let entry = entry(vocabulary, &key, &value, &meta);
        entries.push(entry.map_err(|wrong| format!("{place}: {wrong}"))?);
    }
    Ok(entries)
}

fn line_of(text: &str, byte: usize) -> usize {
    let before = text.bytes().take(byte);
    1 + before.filter(|byte| *byte == b'\n').count()
}

fn entry(
    vocabulary: &Vocabulary,
    key: &str,
    value: &DeValue,
    file: &Metadata,
) -> Result<Entry, String> {
    let Some(setting) = vocabulary.find(key) else {
        return Err(unknown(vocabulary, key));
    };
    let kind = setting.kind();
    let Some(values) = values(kind, value) else {
        return Err(mistyped(&setting));
    };
    if setting.hides_its_value() && values.iter().any(|value| is_secret(value)) {
        refuse_if_public(key, file)?;
    }
    let entry = Entry {
        key: key.to_owned(),
        values,
        is_switch: kind == Kind::Switch,
    };
    match vocabulary.complaint(entry.flags()) {
        Some(complaint) => Err(complaint),
        None => Ok(entry),
    }
}

fn unknown(vocabulary: &Vocabulary, key: &str) -> String {
    let command = vocabulary.name();
    let meant = vocabulary.nearest(key).map_or_else(
        || format!("asu-server config example {command} lists all"),
        |known| format!("{known} may be meant"),
    );
    format!("there is no setting {key} of asu-server {command}; {meant}")
}

fn mistyped(setting: &Setting) -> String {
    let takes = match setting.kind() {
        Kind::Switch => "true or false",
        Kind::Number => "a whole number",
        Kind::Text => "a text in quotes",
        Kind::List => "a text in quotes, or a list of them",
    };
    format!(
        "{} takes {takes}, as in {}",
        setting.key,
        example::assignment(setting)
    )
}

/// The values as a command line has them; `None` if they are of another kind. A switch that is off is
/// none.
fn values(kind: Kind, value: &DeValue) -> Option<Vec<String>> {
    match (kind, value) {
        (Kind::Switch, DeValue::Boolean(true)) => Some(vec![true.to_string()]),
        (Kind::Switch, DeValue::Boolean(false)) => Some(Vec::new()),
        (Kind::Number, DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(vec![number.to_string()])
        }
        (Kind::Text | Kind::List, DeValue::String(text)) => Some(vec![text.to_string()]),
        (Kind::List, DeValue::Array(items)) => items.iter().map(text).collect(),
        _ => None,
    }
}

fn text(item: &Spanned<DeValue>) -> Option<String> {
    match item.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Whether it may be one: it is neither a path nor an address without a password.
fn is_secret(value: &str) -> bool {
    let is_open =
        |url: Url| url.password().is_none() && url.query_pairs().all(|(key, _)| key != "password");
    !value.starts_with('/') && !Url::parse(value).is_ok_and(is_open)
}

fn refuse_if_public(key: &str, file: &Metadata) -> Result<(), String> {
    if file.permissions().mode() & OTHERS_READ == 0 {
        return Ok(());
    }
    Err(format!(
        "{key} holds a secret, and every user of this machine can read the file: chmod o-r it"
    ))
}
