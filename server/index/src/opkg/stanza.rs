//! The fields of a stanza, as they stand in the file.

use memchr::memchr;
use serde::{Serialize, Serializer};

use super::{Note, Problem};

/// One stanza: what an index says about one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza<'a> {
    /// Its first line, counted from 1.
    pub line: usize,
    /// All fields, in the order of the file; one may be there several times.
    pub fields: Vec<Field<'a>>,
}

/// A field of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// What stands before the first colon: `Installed-Size`.
    pub name: &'a str,
    /// What follows, without white space around it, continuation lines included.
    pub value: &'a str,
}

impl<'a> Field<'a> {
    /// The value without continuation lines, which opkg only reads behind `Description`.
    pub fn first_line(&self) -> &'a str {
        match self.value.split_once('\n') {
            Some((first, _)) => first.trim_end(),
            None => self.value,
        }
    }
}

impl Serialize for Stanza<'_> {
    /// An object of all fields, in the order of the file.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().map(|field| (field.name, field.value)))
    }
}

/// The stanzas of a text, one after the other.
#[derive(Debug)]
pub struct Stanzas<'a> {
    text: &'a str,
    /// Where the next line begins.
    at: usize,
    /// The line read last, counted from 1.
    line: usize,
    notes: Vec<Note>,
}

impl<'a> Stanzas<'a> {
    /// The stanzas of an index.
    pub fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 0,
            notes: Vec::new(),
        }
    }

    /// The lines that were in none of the stanzas read so far.
    pub fn into_notes(self) -> Vec<Note> {
        self.notes
    }

    fn next_line(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let (line, length) = match memchr(b'\n', rest.as_bytes()) {
            Some(end) => (&rest[..end], end + 1),
            None if rest.is_empty() => return None,
            None => (rest, rest.len()),
        };
        self.at += length;
        self.line += 1;
        Some(line)
    }

    /// The field that begins at `start`, with the lines that continue it.
    fn field(&mut self, start: usize, line: &'a str) -> Option<Field<'a>> {
        let (name, _) = line.split_once(':')?;
        if name.is_empty() || name.starts_with([' ', '\t']) {
            return None;
        }
        self.skip_continuations(name);
        let value = self.text[start + name.len() + 1..self.at].trim();
        Some(Field { name, value })
    }

    fn skip_continuations(&mut self, name: &str) {
        while self.text[self.at..].starts_with(' ') {
            let (at, line) = (self.at, self.line);
            let is_blank = self.next_line().is_none_or(is_blank);
            // An empty line may belong to a description, but else it ends the stanza.
            if is_blank && name != "Description" {
                (self.at, self.line) = (at, line);
                return;
            }
        }
    }

    fn add(&mut self, stanza: &mut Stanza<'a>, start: usize, line: &'a str) {
        let number = self.line;
        if let Some(field) = self.field(start, line) {
            stanza.fields.push(field);
        } else {
            let problem = Problem::NoField;
            self.notes.push(Note {
                line: number,
                problem,
            });
        }
    }
}

impl<'a> Iterator for Stanzas<'a> {
    type Item = Stanza<'a>;

    fn next(&mut self) -> Option<Stanza<'a>> {
        let mut stanza = Stanza {
            line: self.line + 1,
            fields: Vec::with_capacity(16),
        };
        loop {
            let start = self.at;
            match self.next_line() {
                Some(line) if !is_blank(line) => self.add(&mut stanza, start, line),
                Some(_) if stanza.fields.is_empty() => stanza.line = self.line + 1,
                None if stanza.fields.is_empty() => return None,
                _ => return Some(stanza),
            }
        }
    }
}

fn is_blank(line: &str) -> bool {
    line.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
}
