//! What survives a reload of the page. Never a password.

use super::Job;
use crate::json::{Json, map};
use crate::offer::Channel;
use crate::plan::{Question, Wish};
use crate::read;

/// What a reload needs to go on.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) session: String,
    pub(crate) server: String,
    /// What to go on with: `poll` the server, `verify` on the router, `await` the router, or
    /// nothing.
    pub(crate) step: String,
    /// The release that ran before.
    pub(crate) from: String,
    /// Whether settings are kept.
    pub(crate) keep: bool,
    /// What was chosen, but for the script.
    pub(crate) question: Question,
    /// Without times, which are another page's, but for when the router was told to flash.
    pub(crate) job: Job,
    pub(crate) flashed: u64,
}

impl Remembered {
    pub(crate) fn read(json: &Json) -> Self {
        let mut job = Job {
            hash: json.string("hash"),
            version: json.string("version"),
            token: json.string("token"),
            request: json.get("request").clone(),
            image: read::image(json.get("image")),
            signature: json.string("signature"),
            ..Job::default()
        };
        job.answer.manifest = json.get("manifest").string_map();
        Self {
            session: json.string("session"),
            server: json.string("server"),
            step: json.string("step"),
            from: json.string("from"),
            keep: json.get("keep").is_true(),
            flashed: json.get("flashed").number().unwrap_or_default(),
            question: read_question(json.get("question")),
            job,
        }
    }

    /// The text to keep, with the session of now.
    pub(crate) fn write(&self, session: &str, job: &Job) -> String {
        // The build goes on without it.
        let request = if job.has_script() {
            Json::Null
        } else {
            job.request.clone()
        };
        let image = map([
            ("name", job.image.name.as_str().into()),
            ("sha256", job.image.sha256.as_str().into()),
            ("size", job.image.size.map_or(Json::Null, Json::from)),
        ]);
        map([
            ("session", session.into()),
            ("server", self.server.as_str().into()),
            ("step", self.step.as_str().into()),
            ("from", self.from.as_str().into()),
            ("keep", self.keep.into()),
            ("flashed", self.flashed.into()),
            ("hash", job.hash.as_str().into()),
            ("version", job.version.as_str().into()),
            ("token", job.token.as_str().into()),
            ("question", write_question(&self.question)),
            ("request", request),
            ("image", image),
            ("signature", job.signature.as_str().into()),
            ("manifest", (&job.answer.manifest).into()),
        ])
        .to_string()
    }
}

fn read_question(json: &Json) -> Question {
    let channel = json.get("channel").number().unwrap_or_default();
    let wishes = json.get("wishes").list().iter().map(|wish| Wish {
        text: wish.string("text"),
        add: wish.get("add").strings(),
        remove: wish.get("remove").strings(),
    });
    Question {
        version: json.string("version"),
        channel: Channel::ALL
            .into_iter()
            .find(|known| *known as u64 == channel)
            .unwrap_or_default(),
        filesystem: json.string("filesystem"),
        partition: json.get("partition").number().unwrap_or_default(),
        wishes: wishes.collect(),
        allow_downgrade: json.get("allow_downgrade").is_true(),
    }
}

fn write_question(question: &Question) -> Json {
    let list =
        |names: &[String]| Json::List(names.iter().map(|name| name.as_str().into()).collect());
    let wishes = question.wishes.iter().map(|wish| {
        map([
            ("text", wish.text.as_str().into()),
            ("add", list(&wish.add)),
            ("remove", list(&wish.remove)),
        ])
    });
    map([
        ("version", question.version.as_str().into()),
        ("channel", (question.channel as u64).into()),
        ("filesystem", question.filesystem.as_str().into()),
        ("partition", question.partition.into()),
        ("wishes", Json::List(wishes.collect())),
        ("allow_downgrade", question.allow_downgrade.into()),
    ])
}
