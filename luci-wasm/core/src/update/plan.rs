//! Asking the server what an upgrade would do.

use super::Step;
use super::calls::Purpose;
use super::documents::document;
use crate::effect::{Body, Reply};
use crate::image::filesystem;
use crate::json::{Json, map};
use crate::model::{Documents, Model};
use crate::offer::folder;
use crate::plan::Answer;
use crate::read;
use crate::state::State;
use crate::trouble::Asked;

/// How long a plan may take: the server may have to fetch indexes first.
const PLAN: u64 = 60_000;
/// How long the list of standard packages may take; the plan is right without it.
const STANDARD: u64 = 10_000;

/// What a server that was asked for a plan means.
enum Verdict {
    Answer(Answer),
    /// It makes no plans, or none of this question; why, as far as it says.
    None(String),
    /// It may answer later.
    Later,
}

impl Model {
    /// Asks for a plan, or makes it here where the server is known to make none.
    pub(crate) fn make_plan(&mut self) {
        if self.question.version.is_empty() {
            return self.run(Step::Search);
        }
        self.go(State::Planning);
        if self.unplanned.is_some() {
            return self.plan_here();
        }
        let question = self.plan_request().to_string();
        self.ask(Purpose::Plan, PLAN, "/api/v1/plan", Some(question));
    }

    fn plan_request(&self) -> Json {
        let list = |names: Vec<String>| Json::List(names.into_iter().map(Json::Text).collect());
        let (add, remove) = self.question.packages();
        let router = &self.router;
        map([
            ("distro", "openwrt".into()),
            ("version", router.version.as_str().into()),
            ("revision", router.revision.as_str().into()),
            ("target", router.target.as_str().into()),
            ("profile", router.board_name.as_str().into()),
            ("packages", read::installed(&self.installed)),
            ("to", self.question.version.as_str().into()),
            ("add", list(add)),
            ("remove", list(remove)),
            ("allow_downgrade", self.question.allow_downgrade.into()),
            (
                "filesystem",
                filesystem(&[], &self.as_wished()).map_or(Json::Null, Json::Text),
            ),
            ("rootfs_size_mb", self.partition_wanted()),
            ("router", self.router_facts()),
        ])
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no router has as many bytes as a double cannot count"
    )]
    fn router_facts(&self) -> Json {
        let bytes =
            |known: Option<u64>| known.map_or(Json::Null, |known| Json::Number(known as f64));
        let compat = self.router.compat_version.as_str();
        let compat = (!compat.is_empty()).then(|| compat.into());
        map([
            ("compat_version", compat.unwrap_or_default()),
            ("overlay_free", bytes(self.overlay_free())),
            ("tmp_free", bytes(self.router.tmp_free)),
            ("rootfs_size", bytes(self.partition_size())),
        ])
    }

    pub(crate) fn planned(&mut self, reply: &Reply) {
        match verdict(reply) {
            Verdict::Answer(answer) => {
                self.take_answer(answer);
                self.ask_standard_packages();
            }
            Verdict::None(why) => {
                self.unplanned = Some(why);
                self.documents = Documents::default();
                self.plan_here();
            }
            Verdict::Later => {
                let trouble = self.server_says(Asked::Packages, reply);
                self.fail(trouble.retry(Step::Plan));
            }
        }
    }

    pub(crate) fn take_answer(&mut self, answer: Answer) {
        self.answer = Some(answer);
        self.answered = self.question.clone();
    }

    /// Asks once a release which packages are standard ones, so that these are not offered for
    /// leaving out.
    fn ask_standard_packages(&mut self) {
        let documents = &self.documents;
        let known = documents.version == self.question.version && documents.standard_asked;
        let (Some(plan), Some(overview), false) = (self.plan(), self.overview.as_ref(), known)
        else {
            return self.show_answer();
        };
        let folder = folder(overview, &plan.to.version);
        let (target, profile) = (&self.router.target, &plan.profile);
        let path = format!("/json/v1/{folder}/targets/{target}/{profile}.json");
        self.ask(Purpose::Standard, STANDARD, &path, None);
    }

    pub(crate) fn standard_known(&mut self, reply: &Reply) {
        self.documents_of_question();
        self.documents.profile = document(reply, read::profile);
        self.documents.standard_asked = true;
        if self.forget_filesystem() {
            return self.run(Step::Plan);
        }
        self.show_answer();
    }

    /// Shows the last answer.
    pub(crate) fn show_answer(&mut self) {
        self.go(self.answer_state());
    }

    /// The state that shows the last answer.
    pub(crate) fn answer_state(&self) -> State {
        match self.answer {
            None => State::Overview,
            Some(Answer::Problems(_)) => State::Problems,
            Some(Answer::Plan(_)) if self.is_rebuild() => State::Current,
            Some(Answer::Plan(_)) => State::Plan,
        }
    }

    /// The standard packages of the release planned for, where they are known.
    pub(crate) fn standard_packages(&self) -> Option<Vec<&str>> {
        let fits = self.documents.version == self.answered.version;
        let profile = self.documents.profile.as_ref().filter(|_| fits)?;
        Some(profile.defaults())
    }
}

fn verdict(reply: &Reply) -> Verdict {
    match reply {
        Reply::Http {
            body: Body::Json(json),
            status,
        } => answered(*status, json),
        Reply::Http { status, .. } if !is_passing(*status) => Verdict::None(String::new()),
        // The server was reached a moment ago, so it may only forbid this request from other sites.
        // If it is gone, the next question tells.
        Reply::Failed(_) => Verdict::None(String::new()),
        _ => Verdict::Later,
    }
}

fn answered(status: u16, json: &Json) -> Verdict {
    let problems = read::problems(json);
    let plan = read::plan(json).filter(|_| status == 200);
    match plan {
        Some(plan) => Verdict::Answer(Answer::Plan(Box::new(plan))),
        None if !problems.is_empty() => Verdict::Answer(Answer::Problems(problems)),
        None if is_passing(status) => Verdict::Later,
        None => Verdict::None(reason(json)),
    }
}

/// What a server that could plan says of why it did not.
fn reason(json: &Json) -> String {
    let cause = json.get("cause").text().unwrap_or_default();
    if cause.is_empty() || cause == "not-found" || cause == "method-not-allowed" {
        return String::new();
    }
    json.string("detail")
}

/// Whether the same question may be answered later.
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502..=504 | 529)
}
