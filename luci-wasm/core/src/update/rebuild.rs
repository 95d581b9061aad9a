//! Asking other servers for the same image: what two build alike, neither has tampered with.

use super::calls::Purpose;
use crate::effect::{Effect, Reply};
use crate::model::{Model, Rebuild, Verdict};
use crate::read::Build;

/// How long one answer may take, milliseconds.
const ANSWER: u64 = 60_000;
/// Time between two questions.
const PAUSE: u64 = 10_000;
/// How long the other servers have for it altogether.
const PATIENCE: u64 = 900_000;

impl Model {
    /// Begins when the image is known; nothing waits for the end.
    pub(crate) fn start_rebuilds(&mut self) {
        self.job.rebuilt = self.now;
        let told = self.job.answer.rebuilds.iter();
        self.job.rebuilds = told
            .map(|(server, same)| Rebuild {
                server: server.clone(),
                hash: String::new(),
                verdict: if *same {
                    Verdict::Same
                } else {
                    Verdict::Different
                },
                next_poll: 0,
            })
            .collect();
        // Passwords in a first-boot script are for the chosen server, not for all of them.
        if !self.job.has_script() {
            for server in self.rebuilders() {
                self.ask_rebuilder(server);
            }
        }
    }

    /// The servers to compare with.
    fn rebuilders(&self) -> Vec<String> {
        let mut servers = self.servers.rebuilders.clone();
        servers.retain(|server| self.server.as_ref() != Some(server));
        servers
    }

    /// Whether other servers would have been asked, but for the first-boot script.
    pub(crate) fn is_not_compared(&self) -> bool {
        self.job.has_script() && !self.rebuilders().is_empty()
    }

    fn ask_rebuilder(&mut self, server: String) {
        let place = self.job.rebuilds.len();
        let url = [&server, "/api/v1/build"].concat();
        let body = Some(self.job.request.to_string());
        self.job.rebuilds.push(Rebuild {
            server,
            hash: String::new(),
            verdict: Verdict::Waiting,
            next_poll: u64::MAX,
        });
        let id = self.expect(Purpose::Rebuild(place), ANSWER);
        self.out.push(Effect::Http { id, url, body });
    }

    pub(crate) fn rebuilt(&mut self, place: usize, reply: &Reply) {
        let image = self.job.image.clone();
        let now = self.now;
        let Some(rebuild) = self.job.rebuilds.get_mut(place) else {
            return;
        };
        match super::build::read(reply) {
            Some((200, answer)) => rebuild.verdict = compare(&answer, &image),
            Some((202, answer)) => {
                if rebuild.hash.is_empty() {
                    rebuild.hash = answer.request_hash;
                }
                rebuild.next_poll = now + PAUSE;
            }
            _ => rebuild.verdict = Verdict::Silent,
        }
    }

    pub(crate) fn poll_rebuilders(&mut self) {
        let now = self.now;
        let is_over = now.saturating_sub(self.job.rebuilt) > PATIENCE;
        for place in 0..self.job.rebuilds.len() {
            let Some(rebuild) = self.job.rebuilds.get_mut(place) else {
                return;
            };
            if rebuild.verdict != Verdict::Waiting {
                continue;
            }
            if is_over {
                rebuild.verdict = Verdict::Silent;
            } else if rebuild.next_poll <= now {
                rebuild.next_poll = u64::MAX;
                let url = [&rebuild.server, "/api/v1/build/", &rebuild.hash].concat();
                let id = self.expect(Purpose::Rebuild(place), ANSWER);
                let body = None;
                self.out.push(Effect::Http { id, url, body });
            }
        }
    }

    /// Whether another server still builds.
    pub(crate) fn is_rebuilding(&self) -> bool {
        let mut rebuilds = self.job.rebuilds.iter();
        rebuilds.any(|rebuild| rebuild.verdict == Verdict::Waiting)
    }

    /// Stops asking: the image is not wanted any more.
    pub(crate) fn stop_rebuilds(&mut self) {
        self.job.rebuilds.clear();
        let out = &mut self.out;
        self.calls.retain(|call| {
            let is_one = matches!(call.purpose, Purpose::Rebuild(_));
            if is_one {
                out.push(Effect::Abort { id: call.id });
            }
            !is_one
        });
    }
}

/// Signatures differ from server to server, so what is before them is compared where it is known.
fn compare(answer: &Build, image: &asu_protocol::profiles::Image) -> Verdict {
    let twin = answer
        .images
        .iter()
        .find(|other| other.kind == image.kind && other.filesystem == image.filesystem);
    let Some(twin) = twin else {
        return Verdict::Different;
    };
    let known = !twin.sha256_unsigned.is_empty() && !image.sha256_unsigned.is_empty();
    let same = if known {
        twin.sha256_unsigned == image.sha256_unsigned
    } else {
        twin.sha256 == image.sha256
    };
    if same {
        Verdict::Same
    } else {
        Verdict::Different
    }
}
