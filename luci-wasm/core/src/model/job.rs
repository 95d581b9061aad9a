//! A build, its image, and the restart with it.

use std::collections::BTreeMap;

use asu_protocol::profiles::Image;
use asu_protocol::router::RouterInfo;

use crate::json::Json;
use crate::read::Build;

/// A build under way or finished.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) hash: String,
    pub(crate) version: String,
    /// What was asked for.
    pub(crate) request: Json,
    /// With what it can be cancelled; empty where the server knows no cancelling.
    pub(crate) token: String,
    pub(crate) position: Option<u64>,
    /// When it is likely to be finished, by the server's word.
    pub(crate) expected: Option<u64>,
    pub(crate) stage: String,
    /// When it was asked for.
    pub(crate) started: u64,
    /// When position or stage changed last.
    pub(crate) moved: u64,
    /// When to ask again.
    pub(crate) next_poll: u64,
    /// When to open the stream of news again.
    pub(crate) next_follow: u64,
    /// Since when the server does not answer.
    pub(crate) failing_since: Option<u64>,
    pub(crate) log: BuildLog,
    /// The finished build.
    pub(crate) answer: Build,
    /// The file chosen.
    pub(crate) image: Image,
    /// Whether the browser holds it.
    pub(crate) downloaded: bool,
    /// The same built elsewhere.
    pub(crate) rebuilds: Vec<Rebuild>,
    /// When the other servers were asked.
    pub(crate) rebuilt: u64,
    /// The text of the image's signature, and what it is worth.
    pub(crate) signature: String,
    pub(crate) signed: Signature,
}

impl Job {
    /// Whether a first-boot script is in the image, which may hold passwords. Such a request is
    /// forgotten by a reload, and by nothing else.
    pub(crate) fn has_script(&self) -> bool {
        self.request == Json::Null || *self.request.get("defaults") != Json::Null
    }
}

/// What the build server said so far.
#[derive(Default)]
pub(crate) struct BuildLog {
    /// The last lines.
    pub(crate) text: String,
    /// What came of a line that is not complete.
    pub(super) pending: String,
    /// Whether the event under way is a line.
    pub(super) is_line: bool,
}

/// How much of the log is kept, bytes: about 200 lines.
const LOG: usize = 16 * 1024;

impl BuildLog {
    /// Takes a piece of a stream of server-sent events; tells whether more than lines came.
    pub(crate) fn hear(&mut self, piece: &str) -> bool {
        let mut news = false;
        self.pending.push_str(piece);
        while let Some((line, rest)) = self.pending.split_once('\n') {
            let (line, rest) = (line.trim_end().to_owned(), rest.to_owned());
            self.pending = rest;
            if let Some(name) = line.strip_prefix("event:") {
                self.is_line = matches!(name.trim(), "log" | "output");
                news |= !self.is_line;
            } else if let Some(data) = line.strip_prefix("data:").filter(|_| self.is_line) {
                self.text.push_str(data.strip_prefix(' ').unwrap_or(data));
                self.text.push('\n');
            }
        }
        keep_end(&mut self.text);
        keep_end(&mut self.pending);
        news
    }
}

/// Cuts whole lines off the beginning of what is too long.
fn keep_end(text: &mut String) {
    let surplus = text.len().saturating_sub(LOG);
    if surplus > 0 {
        let lines = text.bytes().skip(surplus).position(|byte| byte == b'\n');
        let from = lines.map_or(text.len(), |place| surplus + place + 1);
        text.drain(..from);
    }
}

/// Another server that was asked for the same image.
pub(crate) struct Rebuild {
    pub(crate) server: String,
    pub(crate) hash: String,
    pub(crate) verdict: Verdict,
    pub(crate) next_poll: u64,
}

/// What came of building the same elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Waiting,
    Same,
    Different,
    Silent,
}

/// What the signature of an image is worth.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Signature {
    /// There is none.
    #[default]
    Absent,
    /// By the key of this number, which the router does not have.
    Unknown(String),
    /// By the key of this number, which the router has; the router has not compared yet.
    Known(String),
    /// The router found it right.
    Good,
}

/// How the backup of the settings stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backup {
    Offered,
    Running,
    Saved,
    /// It failed; why.
    Failed(String),
}

/// How a restart is getting on.
#[derive(Default)]
pub(crate) struct Restart {
    pub(crate) started: u64,
    pub(crate) next_poll: u64,
    /// When the router stopped answering.
    pub(crate) went_away: Option<u64>,
    /// When it answered again.
    pub(crate) came_back: Option<u64>,
    /// When the new release was seen.
    pub(crate) ended: u64,
    /// What ran before.
    pub(crate) from: String,
    /// Whether something answers at the default address.
    pub(crate) elsewhere: bool,
    /// Whether the session was opened after the upgrade had begun.
    pub(crate) logged_in: bool,
    /// How often the password was refused.
    pub(crate) refused: u32,
    /// What the router says it is now.
    pub(crate) info: Option<RouterInfo>,
    /// All packages it has now.
    pub(crate) packages: Option<BTreeMap<String, String>>,
}

/// Bytes moved so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) started: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_may_be_cut_anywhere() {
        let stream = "event: log\nid: 1\ndata: one\n\n: quiet\n\nevent: output\ndata:  two\n\nevent: status\ndata: {}\n\n";
        for cut in 0..stream.len() {
            let mut log = BuildLog::default();
            let (before, after) = stream.split_at(cut);
            let news = [log.hear(before), log.hear(after)];
            assert_eq!(log.text, "one\n two\n", "cut at {cut}");
            assert!(news.contains(&true) && log.pending.is_empty());
        }
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut log = BuildLog::default();
        for number in 0..9_000 {
            log.hear(&format!("event: output\ndata: line {number}\n\n"));
        }
        assert!(log.text.len() <= LOG && log.text.starts_with("line "));
        assert!(log.text.ends_with("line 8999\n"));
        log.hear(&"ü".repeat(LOG));
        assert!(log.pending.is_empty(), "what never ends is not kept");
    }
}
