//! What ImageBuilders say while this process runs them, for those who follow a build.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

/// Builds whose words are held at once; a process makes few at a time.
const BUILDS: u64 = 16;
/// How long the words of a build are held after anybody spoke or listened.
const MEMORY: Duration = Duration::from_mins(2);
/// Bytes held of one build; who listens looks once a second and seldom misses any.
const HELD: usize = 128 << 10;
/// A longer line is cut, bytes.
const LONGEST: usize = 4 << 10;

/// The last words of running builds. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(crate) struct Talk(Cache<String, Arc<Mutex<Said>>>);

#[derive(Default)]
struct Said {
    lines: VecDeque<String>,
    bytes: usize,
    /// How many lines came before those that are held.
    gone: usize,
}

impl Default for Talk {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(BUILDS).time_to_idle(MEMORY);
        Self(cache.build())
    }
}

impl Talk {
    /// Begins a build anew.
    pub(crate) fn begin(&self, request_hash: &str) {
        self.0.insert(request_hash.to_owned(), Arc::default());
    }

    /// Notes what a build says, in whole lines.
    pub(crate) fn add(&self, request_hash: &str, text: &str) {
        let said = self.0.get_with(request_hash.to_owned(), Arc::default);
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.lines() {
            said.add(&line[..line.floor_char_boundary(LONGEST)]);
        }
    }

    /// The lines after the first `heard` ones, as far as they are held, and how many there were in all.
    pub(crate) fn after(&self, request_hash: &str, heard: usize) -> (Vec<String>, usize) {
        let Some(said) = self.0.get(request_hash) else {
            return (Vec::new(), heard);
        };
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let all = said.gone + said.lines.len();
        // Fewer than were heard are those of another try.
        let heard = if heard > all { 0 } else { heard };
        let missed = heard.saturating_sub(said.gone);
        (said.lines.iter().skip(missed).cloned().collect(), all)
    }
}

impl Said {
    fn add(&mut self, line: &str) {
        self.bytes += line.len();
        self.lines.push_back(line.to_owned());
        while self.bytes > HELD {
            let Some(first) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= first.len();
            self.gone += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_hears_each_line_once() {
        let talk = Talk::default();
        assert_eq!(talk.after("a", 0), (Vec::new(), 0));
        talk.add("a", "one\ntwo\n");
        let (lines, heard) = talk.after("a", 0);
        assert_eq!((lines.join(" "), heard), ("one two".to_owned(), 2));
        talk.add("a", "three\n");
        assert_eq!(talk.after("a", heard), (vec!["three".to_owned()], 3));
        assert_eq!(talk.after("b", 0).1, 0, "another build is another matter");
        talk.begin("a");
        talk.add("a", "again\n");
        assert_eq!(talk.after("a", 3), (vec!["again".to_owned()], 1));
    }

    #[test]
    fn only_so_much_is_held() {
        let talk = Talk::default();
        let long = "ü".repeat(LONGEST);
        for _ in 0..1000 {
            talk.add("a", &format!("{long}\n"));
        }
        let (lines, all) = talk.after("a", 0);
        assert_eq!((lines.len(), all), (HELD / LONGEST, 1000));
        assert_eq!(talk.after("a", 999).0.len(), 1);
    }
}
