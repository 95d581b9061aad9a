//! What was asked for: the words of `PACKAGES`, `apk add` or `opkg install`.

use asu_index::version::apk::is_valid;
use asu_index::{Constraint, Flavour, Operator, Relation};

use super::build::display_order;
use super::refusal::Refusal;

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldEntry {
    /// As it was written.
    pub text: String,
    /// The name, and which of its versions count.
    pub relation: Relation,
    /// apk's `!name`: nothing of that name may be installed, not even for something else.
    pub forbids: bool,
}

/// Everything asked for, in the order the package manager looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    flavour: Flavour,
    entries: Vec<WorldEntry>,
    removed: Vec<String>,
}

impl World {
    /// Reads words such as `name`, `name>=2`, `!name` (apk) and `-name`.
    ///
    /// `-name` takes the very word `name` out of the list, whichever comes first, as the
    /// ImageBuilder does; it does not forbid the package as a dependency. Of several words for one
    /// name, apk keeps the last. The error holds one [`Refusal::InvalidRequest`] for each word that
    /// the package manager would not take.
    pub fn parse<S: AsRef<str>>(
        flavour: Flavour,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Self, Vec<Refusal>> {
        let words = words.into_iter();
        let words: Vec<String> = words
            .flat_map(|w| {
                w.as_ref()
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        let (removed, wanted): (Vec<String>, Vec<String>) =
            words.into_iter().partition(|word| word.starts_with('-'));
        let removed: Vec<String> = removed.iter().map(|word| word[1..].to_owned()).collect();
        let wanted = wanted.into_iter().filter(|word| !removed.contains(word));
        let mut world = Self {
            flavour,
            entries: Vec::new(),
            removed: removed.clone(),
        };
        let mut refusals = Vec::new();
        for word in wanted {
            match entry(flavour, &word) {
                Ok(entry) => world.add(entry),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        world.sort();
        Ok(world)
    }

    /// What is asked for.
    pub fn entries(&self) -> &[WorldEntry] {
        &self.entries
    }

    /// Names that `-name` took out of the list, whether or not they were in it.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// The package manager that would read it.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The same without an entry.
    #[must_use]
    pub fn without(&self, text: &str) -> Self {
        let mut world = self.clone();
        world.entries.retain(|entry| entry.text != text);
        world
    }

    /// The same with one more entry.
    pub fn with(&self, text: &str) -> Result<Self, Refusal> {
        let mut world = self.clone();
        world.add(entry(self.flavour, text)?);
        world.sort();
        Ok(world)
    }

    fn add(&mut self, entry: WorldEntry) {
        let same = |known: &&mut WorldEntry| known.relation.name == entry.relation.name;
        match self.entries.iter_mut().find(same) {
            Some(known) if self.flavour == Flavour::Apk => *known = entry,
            Some(_) => {}
            None => self.entries.push(entry),
        }
    }

    /// apk looks at the world in the order of names, opkg in the order given.
    fn sort(&mut self) {
        if self.flavour == Flavour::Apk {
            self.entries
                .sort_by(|a, b| display_order(&a.relation.name, &b.relation.name));
        }
    }
}

fn entry(flavour: Flavour, word: &str) -> Result<WorldEntry, Refusal> {
    let (forbids, rest) = match word.strip_prefix('!') {
        Some(rest) if flavour == Flavour::Apk => (true, rest),
        _ => (false, word),
    };
    let relation = match flavour {
        Flavour::Apk => relation(word, rest)?,
        // opkg has no syntax for versions: the whole word is a name.
        Flavour::Opkg => Relation {
            name: rest.to_owned(),
            constraint: None,
        },
    };
    Ok(WorldEntry {
        text: word.to_owned(),
        relation,
        forbids,
    })
}

/// apk's `name(@tag)([<>~=]version)`, without tags: an image has no tagged repositories.
fn relation(word: &str, rest: &str) -> Result<Relation, Refusal> {
    let invalid = |reason: &str| Refusal::InvalidRequest {
        entry: word.to_owned(),
        reason: reason.to_owned(),
    };
    let is_operator = |c: char| "<>=~".contains(c);
    let (name, constraint) = rest.split_at(rest.find(is_operator).unwrap_or(rest.len()));
    if name.is_empty() {
        return Err(invalid("there is no package name in it"));
    }
    if name.contains('@') {
        return Err(invalid(
            "packages cannot be picked from a tagged repository",
        ));
    }
    let relation = |constraint| {
        Ok(Relation {
            name: name.to_owned(),
            constraint,
        })
    };
    if constraint.is_empty() {
        return relation(None);
    }
    let version = constraint.trim_start_matches(is_operator);
    let operator = &constraint[..constraint.len() - version.len()];
    if !is_valid(version) {
        return Err(invalid(&format!("“{version}” is not a version")));
    }
    match self::operator(operator) {
        // All ways of comparing at once: any version.
        _ if ["<", ">"].iter().all(|c| operator.contains(c)) && operator.contains(['=', '~']) => {
            relation(None)
        }
        Some(operator) => relation(Some(Constraint {
            operator,
            version: version.to_owned(),
        })),
        None => Err(invalid(&format!(
            "“{operator}” is not a way to compare versions"
        ))),
    }
}

/// apk reads the characters as a set: `=>` is `>=`, and `~` says `=`, too.
fn operator(text: &str) -> Option<Operator> {
    let [less, greater, equal, fuzzy] = ['<', '>', '=', '~'].map(|c| text.contains(c));
    match (less, greater, equal, fuzzy) {
        (true, false, _, true) => Some(Operator::FuzzyLess),
        (false, true, _, true) => Some(Operator::FuzzyGreater),
        (false, false, _, true) => Some(Operator::Fuzzy),
        (true, false, true, false) => Some(Operator::LessOrEqual),
        (false, true, true, false) => Some(Operator::GreaterOrEqual),
        (true, false, false, false) => Some(Operator::Less),
        (false, true, false, false) => Some(Operator::Greater),
        (false, false, true, false) => Some(Operator::Equal),
        _ => None,
    }
}
