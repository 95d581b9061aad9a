//! What a plan is made from where the server makes none: profiles and package lists of API v1.

use asu_protocol::plan::{PlannedRelease, Warning};
use asu_protocol::profiles::Image;

use super::Step;
use super::calls::Purpose;
use crate::effect::{Body, Reply};
use crate::image::filesystem;
use crate::json::{Json, map};
use crate::model::{Documents, Model};
use crate::offer::{branch, folder};
use crate::plan::own::{self, Sources};
use crate::plan::{Answer, Plan};
use crate::read;
use crate::state::State;
use crate::trouble::{Asked, Trouble};
use crate::words::w;

/// How long one document may take; package indexes are large.
const DOCUMENT: u64 = 45_000;

impl Model {
    /// Makes the plan here, as soon as all that it is made from is there.
    pub(crate) fn plan_here(&mut self) {
        let documents = &self.documents;
        let complete = documents.old_profile_settled && documents.available.is_some();
        if complete && documents.profile.is_some() && documents.version == self.question.version {
            self.compare();
        } else {
            self.load_documents();
        }
    }

    fn load_documents(&mut self) {
        let Some(overview) = self.overview.as_ref() else {
            return self.run(Step::Search);
        };
        let version = self.question.version.clone();
        let base = format!("/json/v1/{}", folder(overview, &version));
        let old_base = branch(overview, &self.router.version)
            .map(|_| format!("/json/v1/{}", folder(overview, &self.router.version)));
        let targets = format!("{base}/targets/{}", self.router.target);
        let profile = self.router.board_name.replace(',', "_");
        self.documents = Documents {
            version: version.clone(),
            ..Documents::default()
        };
        self.ask(
            Purpose::Profile,
            DOCUMENT,
            &format!("{targets}/{profile}.json"),
            None,
        );
        self.ask_lists(&base);
        match old_base.filter(|_| version != self.router.version) {
            Some(old) => {
                let path = format!("{old}/targets/{}/{profile}.json", self.router.target);
                self.ask(Purpose::OldProfile, 20_000, &path, None);
            }
            None => self.documents.old_profile_settled = true,
        }
        self.profile = profile;
    }

    /// Asks for the names of all packages; `base` is the folder of the release.
    pub(super) fn ask_lists(&mut self, base: &str) {
        let target = format!("{base}/targets/{}/index.json", self.router.target);
        let arch = format!("{base}/packages/{}-index.json", self.architecture());
        self.ask(Purpose::TargetIndex, DOCUMENT, &target, None);
        self.ask(Purpose::ArchIndex, DOCUMENT, &arch, None);
    }

    /// Forgets the documents of another release than the one asked for.
    pub(crate) fn documents_of_question(&mut self) {
        if self.documents.version != self.question.version {
            self.documents = Documents {
                version: self.question.version.clone(),
                ..Documents::default()
            };
        }
    }

    fn architecture(&self) -> String {
        let overview = self.overview.as_ref();
        overview
            .and_then(|overview| branch(overview, &self.question.version))
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
            self.compare();
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
        let folder = folder(overview, &self.question.version);
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
        self.compare();
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
            None if self.state == State::Planning => return self.lack_packages(reply),
            None => self.documents.unlisted = true,
        }
        self.merge_lists();
        if self.state == State::Planning {
            self.compare();
        } else {
            self.names_known();
        }
    }

    fn merge_lists(&mut self) {
        let documents = &mut self.documents;
        if documents.arch.is_some()
            && let Some(target) = documents.target.take()
        {
            let mut all = documents.arch.take().unwrap_or_default();
            all.extend(target);
            documents.available = Some(all);
        }
    }

    /// Compares what is installed with what there is, unless something of it is still to come.
    fn compare(&mut self) {
        self.forget_filesystem();
        let documents = &self.documents;
        let settled = documents.old_profile_settled;
        let (Some(profile), Some(available), true) =
            (&documents.profile, &documents.available, settled)
        else {
            return;
        };
        let (added, removed) = self.question.packages();
        let overview = self.overview.as_ref();
        let planned = own::plan(&Sources {
            version: &self.question.version,
            installed: &self.installed,
            removed: &removed,
            added: &added,
            branch: overview.and_then(|all| branch(all, &self.question.version)),
            profile,
            old_profile: documents.old_profile.as_ref(),
            available,
        });
        let answer = match planned {
            Ok(plan) => Answer::Plan(Box::new(self.complete(plan))),
            Err(problems) => Answer::Problems(problems),
        };
        self.take_answer(answer);
        self.show_answer();
    }

    /// Adds what only the router and this client know to an own plan.
    fn complete(&self, plan: Plan) -> Plan {
        let older = self.is_older();
        let needs_consent = older.as_ref().is_some_and(|older| older.needs_consent);
        Plan {
            profile: self.profile.clone(),
            from: PlannedRelease {
                version: self.router.version.clone(),
                revision: self.router.revision.clone(),
                ..PlannedRelease::default()
            },
            request: Some(self.own_request(&plan)).filter(|_| !needs_consent),
            warnings: older.into_iter().collect(),
            ..plan
        }
    }

    fn own_request(&self, plan: &Plan) -> Json {
        let packages = own::packages(plan).into_iter().map(Json::Text);
        let filesystem = filesystem(self.known_images(), &self.as_wished());
        map([
            ("distro", "openwrt".into()),
            ("version", plan.to.version.as_str().into()),
            ("target", self.router.target.as_str().into()),
            ("profile", self.profile.as_str().into()),
            ("packages", Json::List(packages.collect())),
            ("diff_packages", true.into()),
            ("filesystem", filesystem.map_or(Json::Null, Json::Text)),
            ("rootfs_size_mb", self.partition_wanted()),
        ])
    }

    /// The files upstream built of the release asked for, where they are known.
    pub(crate) fn known_images(&self) -> &[Image] {
        let fits = self.documents.version == self.question.version;
        let profile = self.documents.profile.as_ref().filter(|_| fits);
        profile.map_or(&[], |profile| &profile.images)
    }

    /// Warns of an older release, and asks whether that is meant, as a server does.
    fn is_older(&self) -> Option<Warning> {
        let (old, new) = (&self.router.version, &self.question.version);
        asu_protocol::release::compare(new, old).is_lt().then(|| Warning {
            code: "release-downgrade".to_owned(),
            text: w!("{0} is older than {1}, which is installed. Settings of a newer release may not work with an older one.", new, old),
            packages: Vec::new(),
            needs_consent: !self.question.allow_downgrade,
        })
    }
}

/// Reads a document, if the answer is one.
pub(super) fn document<T>(reply: &Reply, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
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

fn unknown_profile(model: &Model) -> Trouble {
    Trouble::new(
        "unsupported-profile",
        w!(
            "OpenWrt {0} does not know this router",
            model.question.version
        ),
        w!(
            "There is no profile for “{0}” in the target {1}. It may have been dropped or renamed.",
            model.router.board_name,
            model.router.target
        ),
        w!(
            "Go back and choose another version, or look the device up in the OpenWrt table of hardware."
        ),
    )
}
