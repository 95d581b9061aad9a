//! What the view knows.

mod job;
mod remembered;

use std::collections::BTreeMap;

use asu_protocol::plan::PlanProblem;
use asu_protocol::problem::PackageProblem;
use asu_protocol::router::RouterInfo;

pub(crate) use job::{Backup, BuildLog, Job, Rebuild, Restart, Signature, Transfer, Verdict};
pub(crate) use remembered::Remembered;

use crate::answer::Servers;
use crate::effect::Effect;
use crate::json::Json;
use crate::msg::Action;
use crate::plan::own::ProfileDocument;
use crate::plan::{Answer, Limits, Plan, Preset, Question};
use crate::read::{Overview, TestReply};
use crate::state::State;
use crate::trouble::Trouble;
use crate::update::{Call, Step};

/// What the host tells the view when it puts it on a page.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "hosts give each of them on its own"
)]
pub struct Options {
    /// Where ubus answers JSON-RPC, e.g. `/ubus`.
    pub ubus_url: String,
    /// Where `cgi-upload` is.
    pub upload_url: String,
    /// Where `cgi-backup` is.
    pub backup_url: String,
    /// Whether the host opens a new session when the one it gave has ended (see
    /// [`Effect::Expired`]); the view then asks for no password.
    pub relogin: bool,
    /// A ubus session that is already open, if the view is part of a larger application.
    pub session: Option<String>,
    /// What the view last asked to remember in this tab.
    pub remembered: Option<Json>,
    /// Whether the page came by https.
    pub secure: bool,
    /// Whether the page around the view has its own heading.
    pub embedded: bool,
    /// Whether the session may look only: see [`crate::Action::only_looks`].
    pub readonly: bool,
}

/// User name and password, kept in memory only: the router is asked for them again after it
/// restarted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// What people typed and ticked.
#[derive(Clone, Default)]
pub(crate) struct Form {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) server: String,
    pub(crate) advanced: bool,
    pub(crate) keep: bool,
    /// What the names of the packages shown have in them.
    pub(crate) filter: String,
    pub(crate) adding: Adding,
    /// A script for the first start of the new system.
    pub(crate) script: String,
}

/// The field that adds packages.
#[derive(Clone, Default)]
pub(crate) struct Adding {
    pub(crate) typed: String,
    /// Why what was typed was not added.
    pub(crate) said: String,
    /// Names that may have been meant.
    pub(crate) near: Vec<String>,
    /// Whether to add what was typed as soon as the names are known.
    pub(crate) soon: bool,
}

/// The documents an own plan is made from, as they arrive. Of a server that plans, only `profile`
/// is asked for, to know which packages are standard ones.
#[derive(Default)]
pub(crate) struct Documents {
    /// The release they are of.
    pub(crate) version: String,
    pub(crate) profile: Option<ProfileDocument>,
    /// Of the running release; without it the plan is still right.
    pub(crate) old_profile: Option<ProfileDocument>,
    /// Whether it is known that there is or is no `old_profile`.
    pub(crate) old_profile_settled: bool,
    pub(crate) target: Option<BTreeMap<String, String>>,
    pub(crate) arch: Option<BTreeMap<String, String>>,
    /// Both lists together.
    pub(crate) available: Option<BTreeMap<String, String>>,
    /// Whether a list could not be read.
    pub(crate) unlisted: bool,
    /// Whether a server that plans was asked for the standard packages.
    pub(crate) standard_asked: bool,
}

/// How the new system compares with what was promised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) user_packages: Option<usize>,
    pub(crate) promised: usize,
    /// Differences, as sentences.
    pub(crate) differences: Vec<String>,
}

/// What the page says of newer releases by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing.
    #[default]
    Quiet,
    /// Nothing yet: somebody has just logged in.
    Due,
    /// Nobody has decided whether to look for them.
    Undecided,
    /// The decision could not be kept.
    Unsaved,
    /// Somebody has just agreed.
    Awaited,
    /// There is none, which is said to somebody who has just agreed.
    None,
    /// There is this one.
    Found(String),
}

/// All the view knows. Made by [`Model::new`], changed by [`crate::update`], drawn by
/// [`crate::view`].
pub struct Model {
    pub(crate) options: Options,
    pub(crate) state: State,
    /// When the state was entered, milliseconds.
    pub(crate) since: u64,
    /// The latest time seen, milliseconds.
    pub(crate) now: u64,
    pub(crate) form: Form,
    /// A word above the login form.
    pub(crate) notice: String,
    pub(crate) session: Option<String>,
    pub(crate) credentials: Option<Credentials>,
    /// Whether the session was renewed for the step under way: a second refusal is then about
    /// permission, not about time.
    pub(crate) renewed: bool,
    /// When the router last answered a call with this session.
    pub(crate) touched: u64,
    /// What to go on with after logging in.
    pub(crate) parked: Option<Step>,
    /// When the page was opened, which tells this tab from others.
    pub(crate) born: u64,
    /// When this tab last marked the router as its own; 0 while it does not.
    pub(crate) marked: u64,
    /// The step a reload would go on with, as it was last remembered.
    pub(crate) kept: &'static str,
    pub(crate) resume: Option<Remembered>,
    pub(crate) router: RouterInfo,
    pub(crate) installed: BTreeMap<String, String>,
    pub(crate) server: Option<String>,
    /// What the router says about servers.
    pub(crate) servers: Servers,
    /// Servers that did not help, each with what was wrong.
    pub(crate) skipped: Vec<(String, String)>,
    pub(crate) overview: Option<Overview>,
    pub(crate) limits: Limits,
    pub(crate) preset: Preset,
    pub(crate) news: News,
    pub(crate) documents: Documents,
    /// The profile name the server knows this router by.
    pub(crate) profile: String,
    /// What is asked for.
    pub(crate) question: Question,
    /// What was asked for when `answer` was given.
    pub(crate) answered: Question,
    /// The last plan, or why there is none.
    pub(crate) answer: Option<Answer>,
    /// Why the view has to make plans itself, in words; `None` while the server makes them.
    pub(crate) unplanned: Option<String>,
    pub(crate) job: Job,
    pub(crate) transfer: Transfer,
    /// Whether the router may hold an uploaded image.
    pub(crate) uploaded: bool,
    pub(crate) backup: Backup,
    pub(crate) test: TestReply,
    pub(crate) restart: Restart,
    pub(crate) outcome: Outcome,
    pub(crate) trouble: Trouble,
    /// Whether the last image was too big for the flash.
    pub(crate) too_big: bool,
    /// Packages of the plan that the server refused, with its reasons.
    pub(crate) rejected: Vec<PackageProblem>,
    /// The state in which the trouble happened.
    pub(crate) failed_in: State,
    pub(crate) calls: Vec<Call>,
    pub(crate) next_id: u32,
    pub(crate) out: Vec<Effect>,
}

impl Model {
    /// A view that has not been opened; the first message is [`crate::Msg::Open`].
    pub fn new(options: Options) -> Self {
        Self {
            session: options.session.clone(),
            options,
            state: State::Login,
            since: 0,
            now: 0,
            form: Form {
                username: "root".to_owned(),
                keep: true,
                ..Form::default()
            },
            notice: String::new(),
            credentials: None,
            renewed: false,
            touched: 0,
            parked: None,
            born: 0,
            marked: 0,
            kept: "",
            resume: None,
            router: RouterInfo::default(),
            installed: BTreeMap::new(),
            server: None,
            servers: Servers::default(),
            skipped: Vec::new(),
            overview: None,
            limits: Limits::default(),
            preset: Preset::default(),
            news: News::Quiet,
            documents: Documents::default(),
            profile: String::new(),
            question: Question::default(),
            answered: Question::default(),
            answer: None,
            unplanned: None,
            job: Job::default(),
            transfer: Transfer::default(),
            uploaded: false,
            backup: Backup::Offered,
            test: TestReply::default(),
            restart: Restart::default(),
            outcome: Outcome::default(),
            trouble: Trouble::default(),
            too_big: false,
            rejected: Vec::new(),
            failed_in: State::Login,
            calls: Vec::new(),
            next_id: 0,
            out: Vec::new(),
        }
    }

    /// Where the view is.
    pub fn state(&self) -> State {
        self.state
    }

    /// What went wrong; of use in [`State::Error`] only.
    pub fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// Whether the host has to send [`crate::Msg::Tick`]s.
    pub fn is_waiting(&self) -> bool {
        self.state.limit().is_some() || !self.calls.is_empty() || self.is_rebuilding()
    }

    /// Whether an action is offered, and taken: to a session that may look only, not all are.
    pub(crate) fn may(&self, action: Action) -> bool {
        !self.options.readonly || action.only_looks()
    }

    /// The plan, if the last answer was one.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        match &self.answer {
            Some(Answer::Plan(plan)) => Some(plan),
            _ => None,
        }
    }

    /// Why there is no plan, if that was the last answer.
    pub(crate) fn problems(&self) -> &[PlanProblem] {
        match &self.answer {
            Some(Answer::Problems(problems)) => problems,
            _ => &[],
        }
    }

    /// Whether the plan is for exactly the release that runs.
    pub(crate) fn is_rebuild(&self) -> bool {
        self.plan().is_some_and(|plan| {
            plan.to.version == self.router.version
                && (plan.to.revision.is_empty() || plan.to.revision == self.router.revision)
        })
    }
}
