//! Adding packages by name.

use super::Step;
use super::calls::Purpose;
use super::pick::adding;
use crate::model::{Adding, Model};
use crate::offer::folder;
use crate::plan::{Wish, is_name, nearest};
use crate::state::State;
use crate::words::w;

impl Model {
    /// The names of all packages of the release asked for, once they are known.
    pub(crate) fn names(&self) -> Option<&std::collections::BTreeMap<String, String>> {
        let documents = &self.documents;
        let fits = documents.version == self.question.version;
        documents.available.as_ref().filter(|_| fits)
    }

    /// Whether the names are on their way.
    pub(crate) fn is_listing(&self) -> bool {
        !self.documents.unlisted
            && (self.is_calling(Purpose::TargetIndex) || self.is_calling(Purpose::ArchIndex))
    }

    pub(crate) fn type_name(&mut self, text: String) {
        if text != self.form.adding.typed {
            self.form.adding = Adding {
                typed: text,
                ..Adding::default()
            };
            self.want_names();
        }
    }

    /// Asks for the names of all packages, which are long lists, when somebody begins to type one.
    fn want_names(&mut self) {
        let is_shown = matches!(self.state, State::Plan | State::Current);
        if !is_shown || self.names().is_some() || self.is_listing() {
            return;
        }
        self.documents_of_question();
        if let (Some(overview), false) = (&self.overview, self.documents.unlisted) {
            let folder = folder(overview, &self.question.version);
            self.ask_lists(&["/json/v1/", &folder].concat());
        }
    }

    /// The names came, or will not come.
    pub(crate) fn names_known(&mut self) {
        if self.form.adding.soon && !self.is_listing() {
            self.add_packages();
        }
    }

    /// Adds what was typed: names with spaces or commas between them.
    pub(crate) fn add_packages(&mut self) {
        self.form.adding.near.clear();
        self.form.adding.soon = self.is_listing();
        if self.form.adding.soon {
            return;
        }
        let typed = std::mem::take(&mut self.form.adding.typed);
        let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
        let wishes: Result<Vec<Wish>, _> = words.map(|word| self.wish_for(word)).collect();
        match wishes {
            Ok(wishes) if wishes.is_empty() => {}
            Ok(wishes) => {
                self.form.adding = Adding::default();
                self.question.wishes.extend(wishes);
                return self.run(Step::Plan);
            }
            Err((said, near)) => {
                self.form.adding.said = said;
                self.form.adding.near = near;
            }
        }
        self.form.adding.typed = typed;
    }

    /// A wish, or why there is none, with the names that may have been meant.
    fn wish_for(&self, word: &str) -> Result<Wish, (String, Vec<String>)> {
        let lower = word.to_ascii_lowercase();
        let exists = |name: &str| match self.names() {
            Some(names) => names.contains_key(name),
            // The server will tell.
            None => is_name(name),
        };
        let name = if exists(word) { word } else { &lower };
        let has = |name: &str| self.plan().is_some_and(|plan| plan.has(name));
        if has(name) {
            return Err((w!("{0} is in the image already.", name), Vec::new()));
        }
        if exists(name) {
            return Ok(adding(name));
        }
        let near = self.names().map(|names| nearest(names, &lower));
        let near = near.unwrap_or_default().into_iter();
        let near = near.filter(|name| !has(name)).map(str::to_owned);
        let version = &self.question.version;
        let said = w!("OpenWrt {0} has no package “{1}”.", version, word);
        Err((said, near.collect()))
    }
}
