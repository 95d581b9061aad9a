//! Asking the server which releases there are.

use super::Step;
use super::calls::Purpose;
use super::documents::document;
use crate::answer::tidy_url;
use crate::effect::Reply;
use crate::json::Json;
use crate::model::{Documents, Model, News};
use crate::offer::preselect;
use crate::plan::{Limits, Question};
use crate::read;
use crate::state::State;
use crate::trouble::{Asked, Trouble, server_trouble};
use crate::words::w;

impl Model {
    pub(crate) fn search(&mut self) {
        let Some(server) = tidy_url(&self.form.server) else {
            w!("Enter the address of a build server; it begins with http:// or https://.")
                .clone_into(&mut self.notice);
            return;
        };
        self.notice.clear();
        // Whoever looks needs no news.
        if !self.is_undecided() {
            self.news = News::Quiet;
        }
        self.skipped.clear();
        self.search_at(server);
    }

    pub(crate) fn search_at(&mut self, server: String) {
        self.server = Some(server);
        self.unplanned = None;
        self.answer = None;
        self.documents = Documents::default();
        self.go(State::Searching);
        self.ask(Purpose::Overview, 20_000, "/json/v1/overview.json", None);
    }

    pub(crate) fn overviewed(&mut self, reply: &Reply) {
        let read = |json: &Json| Some((read::overview(json)?, Limits::read(json.get("server"))));
        let Some((overview, limits)) = document(reply, read) else {
            let trouble = self.server_says(Asked::Overview, reply);
            if self.try_next_server(&trouble) {
                return;
            }
            return self.fail(trouble.retry(Step::Search));
        };
        let Some((channel, version)) = preselect(&overview, &self.router, self.preset.channel)
        else {
            let trouble = nothing_offered(self);
            return self.fail(trouble.retry(Step::Search));
        };
        self.limits = limits;
        let is_first = self.overview.replace(overview).is_none();
        // What was chosen before a reload still counts.
        if !(is_first && self.is_offered(&self.question.version)) {
            self.question = Question {
                version,
                channel,
                filesystem: self.preset.filesystem.clone(),
                partition: self.preset_partition(),
                ..Question::default()
            };
        }
        self.rejected.clear();
        self.too_big = false;
        self.form.filter.clear();
        self.run(Step::Plan);
    }

    /// What a server's answer that is of no use means.
    pub(crate) fn server_says(&self, asked: Asked, reply: &Reply) -> Trouble {
        let server = self.server.as_deref().unwrap_or_default();
        server_trouble(asked, server, self.options.secure, reply)
    }
}

fn nothing_offered(model: &Model) -> Trouble {
    Trouble::new(
        "unsupported-target",
        w!("The server has nothing for this router"),
        w!(
            "It builds no release for the target {0}.",
            model.router.target
        ),
        w!("Go back and use another build server."),
    )
}
