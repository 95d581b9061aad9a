//! Asking the server what there is, and planning an upgrade to it.

use super::Step;
use super::calls::Purpose;
use crate::answer::tidy_url;
use crate::effect::{Body, Reply};
use crate::json::Json;
use crate::model::{Documents, Model};
use crate::offer::{branch, folder, offers, preselect};
use crate::plan::{Sources, plan};
use crate::read;
use crate::state::State;
use crate::trouble::{Asked, Trouble, server_trouble};

/// How long one document may take; package indexes are large.
const DOCUMENT: u64 = 45_000;

impl Model {
    pub(crate) fn search(&mut self) {
        let Some(server) = tidy_url(&self.form.server) else {
            "Enter the address of a build server; it begins with http:// or https://."
                .clone_into(&mut self.notice);
            return;
        };
        self.notice.clear();
        self.server = Some(server);
        self.go(State::Searching);
        self.ask(Purpose::Overview, 20_000, "/json/v1/overview.json", None);
    }

    pub(crate) fn overviewed(&mut self, reply: &Reply) {
        let Some(overview) = document(reply, read::overview) else {
            let trouble = self.server_says(Asked::Overview, reply);
            return self.fail(trouble.retry(Step::Search));
        };
        let choices = offers(&overview, &self.router, self.form.advanced);
        let Some(version) = preselect(&choices, &self.router) else {
            let trouble = nothing_offered(self);
            return self.fail(trouble.retry(Step::Search));
        };
        self.form.version = version;
        self.overview = Some(overview);
        self.run(Step::Plan);
    }

    /// Loads what a plan for the chosen version is made from.
    pub(crate) fn load_documents(&mut self) {
        self.go(State::Searching);
        self.form.left_out.clear();
        self.rejected.clear();
        self.too_big = false;
        self.documents = Documents::default();
        let Some(overview) = self.overview.as_ref() else {
            return self.run(Step::Search);
        };
        let version = self.form.version.clone();
        let base = format!("/json/v1/{}", folder(overview, &version));
        let old_base = branch(overview, &self.router.version)
            .map(|_| format!("/json/v1/{}", folder(overview, &self.router.version)));
        let targets = format!("{base}/targets/{}", self.router.target);
        let arch = self.architecture();
        let profile = self.router.board_name.replace(',', "_");
        self.ask(
            Purpose::Profile,
            DOCUMENT,
            &format!("{targets}/{profile}.json"),
            None,
        );
        self.ask(
            Purpose::TargetIndex,
            DOCUMENT,
            &format!("{targets}/index.json"),
            None,
        );
        self.ask(
            Purpose::ArchIndex,
            DOCUMENT,
            &format!("{base}/packages/{arch}-index.json"),
            None,
        );
        match old_base.filter(|_| version != self.router.version) {
            Some(old) => {
                let path = format!("{old}/targets/{}/{profile}.json", self.router.target);
                self.ask(Purpose::OldProfile, 20_000, &path, None);
            }
            None => self.documents.old_profile_settled = true,
        }
        self.profile = profile;
    }

    fn architecture(&self) -> String {
        let overview = self.overview.as_ref();
        overview
            .and_then(|overview| branch(overview, &self.form.version))
            .and_then(|branch| branch.targets.get(&self.router.target))
            .unwrap_or(&self.router.arch)
            .clone()
    }

    pub(crate) fn profiled(&mut self, purpose: Purpose, reply: &Reply) {
        if let Some(document) = document(reply, read::profile) {
            if !document.id.is_empty() {
                self.profile.clone_from(&document.id);
            }
            self.documents.profile = Some(document);
            self.make_plan();
        } else if !is_unknown(reply) {
            self.lack_packages(reply);
        } else if purpose == Purpose::Profile {
            self.ask_generic_profile();
        } else {
            let trouble = unknown_profile(self);
            self.fail(trouble.retry(Step::Plan));
        }
    }

    fn lack_packages(&mut self, reply: &Reply) {
        let trouble = self.server_says(Asked::Packages, reply);
        self.fail(trouble.retry(Step::Plan));
    }

    /// Targets such as x86 have one profile, `generic`, for every board.
    fn ask_generic_profile(&mut self) {
        let Some(overview) = self.overview.as_ref() else {
            return;
        };
        let folder = folder(overview, &self.form.version);
        let path = format!(
            "/json/v1/{folder}/targets/{}/generic.json",
            self.router.target
        );
        "generic".clone_into(&mut self.profile);
        self.ask(Purpose::GenericProfile, DOCUMENT, &path, None);
    }

    /// The old defaults only make the plan better; without them it is still right.
    pub(crate) fn old_profiled(&mut self, reply: &Reply) {
        self.documents.old_profile = document(reply, read::profile);
        self.documents.old_profile_settled = true;
        self.make_plan();
    }

    pub(crate) fn indexed(&mut self, purpose: Purpose, reply: &Reply) {
        let of_target = purpose == Purpose::TargetIndex;
        let packages = document(reply, |json| {
            let names = if of_target {
                json.get("packages")
            } else {
                json
            };
            Some(names.string_map())
        });
        match packages {
            Some(packages) if of_target => self.documents.target = Some(packages),
            Some(packages) => self.documents.arch = Some(packages),
            None => return self.lack_packages(reply),
        }
        self.make_plan();
    }

    fn make_plan(&mut self) {
        let documents = &mut self.documents;
        let complete =
            documents.old_profile_settled && documents.target.is_some() && documents.arch.is_some();
        let Some(profile) = documents.profile.as_ref().filter(|_| complete) else {
            return;
        };
        let mut available = documents.arch.take().unwrap_or_default();
        available.extend(documents.target.take().unwrap_or_default());
        let plan = plan(&Sources {
            version: &self.form.version,
            installed: &self.installed,
            branch: self
                .overview
                .as_ref()
                .and_then(|all| branch(all, &self.form.version)),
            profile,
            old_profile: documents.old_profile.as_ref(),
            available: &available,
        });
        self.plan = Some(plan);
        self.go(self.plan_state());
    }

    /// The state that shows the plan.
    pub(crate) fn plan_state(&self) -> State {
        if self.is_rebuild() {
            State::Current
        } else {
            State::Plan
        }
    }

    /// What a server's answer that is of no use means.
    pub(crate) fn server_says(&self, asked: Asked, reply: &Reply) -> Trouble {
        let server = self.server.as_deref().unwrap_or_default();
        server_trouble(asked, server, self.options.secure, reply)
    }
}

/// Reads a document, if the answer is one.
fn document<T>(reply: &Reply, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
    match reply {
        Reply::Http {
            status: 200,
            body: Body::Json(json),
        } => read(json),
        _ => None,
    }
}

/// Whether an answer means that there is no such profile: some servers say 500, some an empty
/// object.
fn is_unknown(reply: &Reply) -> bool {
    match reply {
        Reply::Http { status, body } => {
            matches!(status, 404 | 500) || (*status == 200 && matches!(body, Body::Json(_)))
        }
        _ => false,
    }
}

fn nothing_offered(model: &Model) -> Trouble {
    Trouble::new(
        "unsupported-target",
        "The server has nothing for this router",
        format!(
            "It builds no release for the target {} that is as new as {}.",
            model.router.target, model.router.version
        ),
        "Go back and use another build server, or tick “Show all versions” there.",
    )
}

fn unknown_profile(model: &Model) -> Trouble {
    Trouble::new(
        "unsupported-profile",
        format!("OpenWrt {} does not know this router", model.form.version),
        format!(
            "There is no profile for “{}” in the target {}. It may have been dropped or renamed.",
            model.router.board_name, model.router.target
        ),
        "Go back and choose another version, or look the device up in the OpenWrt table of hardware.",
    )
}
