//! Carrying the image from the server to the router.

use asu_protocol::router::IMAGE_PATH;

use super::Step;
use super::calls::{ANSWER, INFO, Purpose};
use crate::answer::ubus_reply;
use crate::effect::{Body, Effect, Reply};
use crate::json::map;
use crate::model::Model;
use crate::state::State;
use crate::trouble::{Asked, Trouble, upload_refused};
use crate::units;
use crate::words::w;

/// What `/tmp` needs beside the image, bytes: logs and lock files must go on working.
const MARGIN: u64 = 512 * 1024;
/// When uhttpd ends an upload, milliseconds, a little less than its 60 s (`script_timeout`): the
/// clock here begins when the browser does.
const GIVES_UP: u64 = 58_000;

impl Model {
    pub(crate) fn download(&mut self) {
        // The answer is needed for where the file lies, and a reload forgets it.
        if self.job.answer.bin_dir.is_empty() {
            return self.run(Step::Poll);
        }
        self.job.downloaded = false;
        self.go(State::Downloading);
        self.transfer.total = self.job.image.size;
        let url = self.image_url();
        let id = self.expect(Purpose::Download, 60_000);
        self.out.push(Effect::Download { id, url });
    }

    pub(crate) fn image_url(&self) -> String {
        let server = self.server.as_deref().unwrap_or_default();
        let job = &self.job;
        [server, "/store/", &job.answer.bin_dir, "/", &job.image.name].concat()
    }

    pub(crate) fn received(&mut self, reply: &Reply) {
        match reply {
            Reply::Http { status: 200, .. } => {
                self.go(State::Checking);
                let id = self.expect(Purpose::Digest, 20_000);
                self.out.push(Effect::Digest { id });
            }
            Reply::Http { status: 404, .. } => {
                let trouble = self.server_says(Asked::Image, reply);
                self.forget_job();
                self.fail(trouble.retry(Step::Request));
            }
            Reply::Failed(text) if self.transfer.done > 0 => {
                self.fail(broken_off(text).retry(Step::Download));
            }
            _ => {
                let trouble = self.server_says(Asked::Image, reply);
                self.fail(trouble.retry(Step::Download));
            }
        }
    }

    pub(crate) fn digested(&mut self, reply: Reply) {
        let Reply::Digest { sha256, size } = reply else {
            return self.fail(not_hashed().retry(Step::Download));
        };
        if !sha256.eq_ignore_ascii_case(&self.job.image.sha256) {
            let trouble = wrong_sum(&self.job.image.sha256, &sha256, size);
            return self.fail(trouble.retry(Step::Download));
        }
        self.job.image.size = Some(size);
        self.job.downloaded = true;
        self.ask_for_signature();
    }

    pub(crate) fn begin_upload(&mut self) {
        if !self.job.downloaded {
            return self.run(Step::Download);
        }
        self.go(State::Uploading);
        self.claim(Step::Upload);
    }

    /// Asks for the free memory once more, right before it is needed.
    pub(crate) fn ask_for_space(&mut self) {
        self.call_info(Purpose::Space, ANSWER);
    }

    pub(crate) fn measured(&mut self, reply: Reply) {
        let info = match ubus_reply(reply) {
            Ok(info) => info,
            Err(refusal) => return self.refused(refusal, INFO, Step::Upload),
        };
        self.touch();
        self.router.tmp_free = info.get("tmp_free").number();
        let size = self.job.image.size.unwrap_or_default();
        if let Some(free) = self.router.tmp_free.filter(|free| *free < size + MARGIN) {
            return self.fail(no_space(size, free).retry(Step::Upload));
        }
        self.upload(size);
    }

    fn upload(&mut self, size: u64) {
        let Some(session) = self.session.clone() else {
            return self.renew(Step::Upload);
        };
        self.transfer.total = Some(size);
        self.transfer.started = self.now;
        self.uploaded = true;
        let id = self.expect(
            Purpose::Upload,
            State::Uploading.limit().unwrap_or_default(),
        );
        self.out.push(Effect::Upload {
            id,
            url: self.options.upload_url.clone(),
            session,
            path: IMAGE_PATH,
        });
    }

    pub(crate) fn sent(&mut self, reply: Reply) {
        let trouble = match reply {
            Reply::Http { status: 200, body } => match self.stored(&body) {
                None => {
                    self.step_allowed();
                    return self.run(Step::Verify);
                }
                Some(trouble) => trouble,
            },
            Reply::Http { status: 404, .. } => Trouble::new(
                "missing-cgi-io",
                w!("The router cannot receive files"),
                w!("Its web server has no cgi-upload."),
                w!("Install the package cgi-io on the router, then try again."),
            ),
            Reply::TimedOut => interrupted(w!("The connection to the router stood still.")),
            _ if self.now.saturating_sub(self.transfer.started) >= GIVES_UP => self.too_slow(),
            Reply::Http { status, .. } => interrupted(&w!(
                "The router’s web server gave up with HTTP status {0}; a slow connection can do that.",
                status
            )),
            _ => interrupted(w!("The connection to the router broke off.")),
        };
        self.fail(trouble.retry(Step::Upload));
    }

    /// The web server ends what has not answered in time, and `cgi-upload` answers at the end only.
    fn too_slow(&self) -> Trouble {
        let size = self.job.image.size.unwrap_or_default();
        Trouble::new(
            "upload-too-slow",
            w!("The upload took too long for the router"),
            w!(
                "The router’s web server ends an upload after 60 seconds. This image takes {0}, so the connection has to carry at least {1} a second.",
                units::bytes(size),
                units::bytes(size / 60)
            ),
            w!(
                "Use a cable or move closer to the router, then try again; the download is kept. Or give the web server more time: uci set uhttpd.main.script_timeout=600; uci commit uhttpd; service uhttpd restart"
            ),
        )
    }

    /// Reads what `cgi-upload` says: sums of the stored file, or a complaint, both with status 200.
    fn stored(&self, body: &Body) -> Option<Trouble> {
        let Body::Json(json) = body else {
            return Some(upload_refused(""));
        };
        match json.get("sha256sum").text() {
            Some(sum) if sum.eq_ignore_ascii_case(&self.job.image.sha256) => None,
            Some(_) => Some(damaged(
                "cgi-upload reported another SHA-256 than the image has.",
            )),
            None => Some(upload_refused(&json.string("message"))),
        }
    }

    /// Removes the image from the router, if it may be there.
    pub(crate) fn clean(&mut self) {
        if std::mem::take(&mut self.uploaded) && self.session.is_some() {
            self.call(
                Purpose::Background,
                ANSWER,
                "attendedsysupgrade clean",
                map([]),
            );
        }
    }
}

fn interrupted(why: &str) -> Trouble {
    Trouble::new(
        "upload-interrupted",
        w!("The upload was interrupted"),
        why,
        w!(
            "Check the cable or the Wi-Fi, or move closer to the router, then try again; the download is kept."
        ),
    )
}

pub(crate) fn damaged(why: &str) -> Trouble {
    Trouble::new(
        "upload-damaged",
        w!("The image arrived damaged on the router"),
        why,
        w!("Try again. If it happens again, the router’s memory may be faulty: do not flash it."),
    )
}

/// The server was there a moment ago, so nothing is wrong with its address.
fn broken_off(text: &str) -> Trouble {
    let mut trouble = Trouble::new(
        "download-interrupted",
        w!("The download was interrupted"),
        w!("The connection to the build server broke off before the whole image was here."),
        w!(
            "Check your connection to the internet, then try again; the image is ready on the server."
        ),
    );
    text.clone_into(&mut trouble.log);
    trouble
}

fn not_hashed() -> Trouble {
    Trouble::new(
        "not-hashed",
        w!("The download could not be checked"),
        w!("The browser did not compute its SHA-256."),
        w!("Close other tabs to free memory, then try again."),
    )
}

fn wrong_sum(wanted: &str, got: &str, size: u64) -> Trouble {
    let mut trouble = Trouble::new(
        "checksum-mismatch",
        w!("The download is not the image that was built"),
        w!(
            "Its SHA-256 differs from what the server announced; {0} arrived. It was damaged on the way, or replaced.",
            units::bytes(size)
        ),
        w!("Try again. If it happens again, do not flash: tell the operator of the server."),
    );
    trouble.log = format!("announced {wanted}\nreceived  {got}");
    trouble
}

fn no_space(size: u64, free: u64) -> Trouble {
    Trouble::new(
        "no-space",
        w!("The router has too little free memory"),
        w!(
            "The image takes {0}, but only {1} are free in /tmp.",
            units::bytes(size),
            units::bytes(free)
        ),
        w!("Restart the router, or stop services you can do without for now, then try again."),
    )
}
