//! The paragraphs of `Field: value` lines that package indexes, control files and status files are made of.
//!
//! Written by hand because crates for Debian control files refuse what OpenWrt's indexes contain,
//! such as `SHA256sum:abc`.

use std::fmt;

/// One paragraph: its fields in order, continuation lines kept in the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stanza(Vec<(String, String)>);

impl Stanza {
    /// Adds a field, unless the value is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a field, unless the value is empty.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name.to_owned(), value));
        }
    }

    /// A field's value, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// The items of a field separated by commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.get(name).split(',').map(str::trim);
        items
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add_line(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl fmt::Display for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.fields() {
            let gap = if value.starts_with('\n') { "" } else { " " };
            writeln!(f, "{name}:{gap}{value}")?;
        }
        Ok(())
    }
}

/// The paragraphs of a text; lines that are no field are skipped.
pub fn parse(text: &str) -> Vec<Stanza> {
    let mut stanzas = vec![Stanza::default()];
    for line in text.lines() {
        if line.trim().is_empty() {
            stanzas.push(Stanza::default());
        } else if let Some(stanza) = stanzas.last_mut() {
            stanza.add_line(line);
        }
    }
    stanzas.retain(|stanza| !stanza.is_empty());
    stanzas
}
