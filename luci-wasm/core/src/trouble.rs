//! What went wrong, for a person: what happened, why, and what to do next.

mod router;
mod server;

use asu_protocol::problem::PackageProblem;

pub(crate) use router::{refused, upload_refused};
pub(crate) use server::{Asked, server_trouble};

use crate::update::Step;

/// Everything the error screen shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// A stable code; the value of `data-cause`.
    pub cause: String,
    /// What happened, as a headline.
    pub title: String,
    /// Why, as far as it is known.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// Packages at fault.
    pub packages: Vec<PackageProblem>,
    /// What the other side printed, for a report.
    pub log: String,
    /// Whether trying again unchanged would end the same way.
    pub(crate) is_settled: bool,
    /// What trying again repeats.
    pub(crate) retry: Option<Step>,
}

impl Trouble {
    /// A trouble that trying again may cure.
    pub(crate) fn new(
        cause: &str,
        title: impl AsRef<str>,
        why: impl AsRef<str>,
        next: impl AsRef<str>,
    ) -> Self {
        Self::described(cause, [title.as_ref(), why.as_ref(), next.as_ref()])
    }

    // Out of line and not generic: it is called some sixty times.
    #[inline(never)]
    fn described(cause: &str, texts: [&str; 3]) -> Self {
        let [title, why, next] = texts.map(str::to_owned);
        Self {
            cause: cause.to_owned(),
            title,
            why,
            next,
            ..Self::default()
        }
    }

    /// Says that trying again unchanged would end the same way.
    pub(crate) fn settled(mut self) -> Self {
        self.is_settled = true;
        self
    }

    /// Names the step that trying again repeats.
    pub(crate) fn retry(mut self, step: Step) -> Self {
        self.retry = Some(step);
        self
    }
}
