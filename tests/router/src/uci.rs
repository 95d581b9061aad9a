//! UCI: OpenWrt's configuration files. Hand-written, because the crates that read UCI wrap the C
//! library, which looks for its files in fixed places.
//!
//! Does not know deltas on disk, `package` lines or includes: none are in a router's `/etc/config`.

use std::fmt::Write as _;

/// One configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// The sections in file order.
    pub(crate) sections: Vec<Section>,
}

/// One `config TYPE ['NAME']` with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The name; libuci makes one up for a section without.
    pub(crate) name: String,
    /// The word after `config`.
    pub(crate) kind: String,
    /// Whether the name is made up.
    pub(crate) anonymous: bool,
    /// Options in file order.
    pub(crate) options: Vec<(String, Setting)>,
}

/// What an option is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `option NAME 'VALUE'`.
    Text(String),
    /// `list NAME 'VALUE'`, once or more.
    List(Vec<String>),
}

/// A line that is not UCI, by its number from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {0} is not UCI: expected «config TYPE [NAME]», «option NAME VALUE» or «list NAME VALUE»"
)]
pub(crate) struct SyntaxError(usize);

impl Config {
    /// Reads a file's text.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut config = Self::default();
        for (index, line) in text.lines().enumerate() {
            let words = words(line).ok_or(SyntaxError(index + 1))?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            config.take(&words).ok_or(SyntaxError(index + 1))?;
        }
        Ok(config)
    }

    fn take(&mut self, words: &[&str]) -> Option<()> {
        match words {
            [] => {}
            ["config", kind] => {
                self.add(kind, None);
            }
            ["config", kind, name] => {
                self.add(kind, Some(name));
            }
            ["option", name, value] => {
                self.sections
                    .last_mut()?
                    .set(name, Setting::Text((*value).to_owned()));
            }
            ["list", name, value] => self.sections.last_mut()?.append(name, value),
            _ => return None,
        }
        Some(())
    }

    /// Appends a section and tells its name.
    pub(crate) fn add(&mut self, kind: &str, name: Option<&str>) -> String {
        let name = name.map_or_else(
            || made_up_name(self.sections.len() + 1, kind),
            str::to_owned,
        );
        self.sections.push(Section {
            anonymous: name == made_up_name(self.sections.len() + 1, kind),
            name: name.clone(),
            kind: kind.to_owned(),
            options: Vec::new(),
        });
        name
    }

    /// The section of that name; `@TYPE[N]` counts the sections of a type, from the end if negative.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.position(name).map(|index| &self.sections[index])
    }

    /// Where the section of that name is.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let Some(extended) = name.strip_prefix('@') else {
            return self
                .sections
                .iter()
                .position(|section| section.name == name);
        };
        let (kind, index) = extended.strip_suffix(']')?.split_once('[')?;
        let of_kind = self
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| kind.is_empty() || section.kind == kind);
        let found: Vec<usize> = of_kind.map(|(position, _)| position).collect();
        let index: isize = index.parse().ok()?;
        let index = if index < 0 {
            found.len().checked_add_signed(index)?
        } else {
            index.unsigned_abs()
        };
        found.get(index).copied()
    }

    /// The file's text, as libuci writes it.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let name = if section.anonymous {
                String::new()
            } else {
                format!(" {}", quote(&section.name))
            };
            let _ = writeln!(text, "\nconfig {}{name}", section.kind);
            for (name, setting) in &section.options {
                let (word, values) = match setting {
                    Setting::Text(value) => ("option", std::slice::from_ref(value)),
                    Setting::List(values) => ("list", values.as_slice()),
                };
                for value in values {
                    let _ = writeln!(text, "\t{word} {name} {}", quote(value));
                }
            }
        }
        text
    }
}

impl Section {
    /// What an option is set to.
    pub(crate) fn get(&self, name: &str) -> Option<&Setting> {
        self.options
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, setting)| setting)
    }

    /// The text of an option; a list counts as unset.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Setting::Text(value) => Some(value),
            Setting::List(_) => None,
        }
    }

    /// The members of a list; an option counts as unset.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(Setting::List(values)) => values,
            _ => &[],
        }
    }

    /// Sets an option in its place, or at the end.
    pub(crate) fn set(&mut self, name: &str, setting: Setting) {
        match self.options.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = setting,
            None => self.options.push((name.to_owned(), setting)),
        }
    }

    fn append(&mut self, name: &str, value: &str) {
        let mut values = match self.get(name) {
            Some(Setting::List(values)) => values.clone(),
            Some(Setting::Text(value)) => vec![value.clone()],
            None => Vec::new(),
        };
        values.push(value.to_owned());
        self.set(name, Setting::List(values));
    }
}

/// libuci's name for the `number`th section: `cfg`, the number, and a hash of the type.
fn made_up_name(number: usize, kind: &str) -> String {
    let hash = kind.bytes().fold(5381_u32, |hash, byte| {
        hash.wrapping_mul(33).wrapping_add(u32::from(byte))
    });
    format!("cfg{number:02x}{:04x}", (hash & 0x7fff_ffff) % (1 << 16))
}

fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// The words of a line; none if a quote is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = line.trim().chars().peekable();
    while let Some(first) = chars.peek() {
        match first {
            '#' => break,
            blank if blank.is_whitespace() => {
                chars.next();
            }
            _ => words.push(word(&mut chars)?),
        }
    }
    Some(words)
}

fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    while let Some(next) = chars.next_if(|next| !next.is_whitespace()) {
        match next {
            '\\' => word.extend(chars.next()),
            '\'' => loop {
                match chars.next()? {
                    '\'' => break,
                    other => word.push(other),
                }
            },
            '"' => loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => word.push(chars.next()?),
                    other => word.push(other),
                }
            },
            other => word.push(other),
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn anonymous_sections_get_the_names_that_routers_show() {
        // dhcp.cfg01411c, system.cfg01e48a and firewall.cfg01e63d are on every OpenWrt router.
        assert_eq!(made_up_name(1, "dnsmasq"), "cfg01411c");
        assert_eq!(made_up_name(1, "system"), "cfg01e48a");
        assert_eq!(made_up_name(1, "defaults"), "cfg01e63d");
        assert_eq!(made_up_name(2, "zone"), "cfg02dc81");
    }

    #[test]
    fn quotes_comments_and_lists_are_read() {
        let text = "# top\nconfig login\n\toption password \"a\\\"b\" # note\n\tlist read 'x'\n\tlist read y\n\nconfig server 'server'\n\toption url http://h/\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.sections[0].text("password"), Some("a\"b"));
        assert_eq!(config.sections[0].list("read"), ["x", "y"]);
        assert_eq!(
            config.section("server").unwrap().text("url"),
            Some("http://h/")
        );
        assert_eq!(config.position("@login[0]"), Some(0));
        assert_eq!(config.position("@server[-1]"), Some(1));
        assert_eq!(config.position("@login[1]"), None);
    }

    #[test]
    fn an_open_quote_is_refused_with_its_line() {
        assert_eq!(
            Config::parse("config a\n\toption b 'c"),
            Err(SyntaxError(2))
        );
        assert_eq!(Config::parse("option b c"), Err(SyntaxError(1)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in prop::collection::vec("[ -~]{0,12}", 1..5), text in "[ -~]{0,12}") {
            let mut config = Config::default();
            config.add("server", Some("main"));
            config.add("login", None);
            config.sections[1].set("read", Setting::List(values));
            config.sections[1].set("url", Setting::Text(text));
            prop_assert_eq!(Config::parse(&config.to_text()), Ok(config));
        }
    }
}
