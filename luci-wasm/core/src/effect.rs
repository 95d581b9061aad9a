//! What the view asks its host to do, and what the host answers.

use crate::json::Json;

/// Something to be done outside.
///
/// Every effect with an `id` is answered by one [`crate::Msg::Replied`] with that id, unless it is
/// aborted first. A late answer is ignored, so a host need not be exact about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// GET (without body) or POST (with a JSON body).
    Http {
        /// Names the answer.
        id: u32,
        /// Absolute, or relative to the page.
        url: String,
        /// The JSON to post.
        body: Option<String>,
    },
    /// Asks a build server for a build, or, without a body, not to wait for it any more (DELETE).
    Build {
        /// Names the answer. Its JSON gets a member `cancel_token` with the answer's header
        /// `X-Cancel-Token`, if there is one.
        id: u32,
        /// The build, or where builds are asked for.
        url: String,
        /// The request.
        body: Option<String>,
        /// Sent as `X-Cancel-Token` unless it is empty.
        token: String,
    },
    /// Reads a stream of server-sent events; each piece comes as [`crate::Msg::Said`].
    Follow {
        /// Names pieces and the end.
        id: u32,
        /// The stream.
        url: String,
    },
    /// Fetches a file, keeps its bytes and hashes them as they arrive.
    Download {
        /// Names progress and answer.
        id: u32,
        /// The file.
        url: String,
    },
    /// Asks for the SHA-256 of the file that was downloaded last.
    Digest {
        /// Names the answer.
        id: u32,
    },
    /// Sends the file that was downloaded last to `cgi-upload`.
    Upload {
        /// Names progress and answer.
        id: u32,
        /// Where `cgi-upload` is.
        url: String,
        /// The ubus session.
        session: String,
        /// Where the router shall put it.
        path: &'static str,
    },
    /// Gets the router's own backup of its settings and hands it to the browser's downloads.
    Save {
        /// Names the answer, which has an empty text as its body.
        id: u32,
        /// Where `cgi-backup` is.
        url: String,
        /// The ubus session.
        session: String,
    },
    /// Finds out whether anything answers at an address of another origin; any answer counts as
    /// status 200, because a page may not see more.
    Knock {
        /// Names the answer.
        id: u32,
        /// The address.
        url: String,
    },
    /// Asks for the mark that all tabs of this origin share; answered by a text, empty if there is
    /// none.
    Look {
        /// Names the answer.
        id: u32,
    },
    /// Sets that mark; an empty text removes it. The host removes a mark it set when the page goes.
    Mark(String),
    /// Tells the host that the session it gave has ended; see [`crate::Options::relogin`].
    Expired,
    /// Stops an effect that is under way.
    Abort {
        /// Which.
        id: u32,
    },
    /// Frees the bytes of the downloaded file.
    Discard,
    /// Keeps a text until the tab is closed; [`crate::Options::remembered`] gives it back.
    Remember(String),
    /// Forgets that text.
    Forget,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// It was JSON.
    Json(Json),
    /// It was not; the first few hundred characters.
    Text(String),
}

/// How an effect ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An HTTP answer, whatever its status.
    Http {
        /// The status.
        status: u16,
        /// The body; for a finished download: empty text.
        body: Body,
    },
    /// The SHA-256 asked for, lower-case hex, and the number of bytes.
    Digest {
        /// Lower-case hex.
        sha256: String,
        /// Bytes.
        size: u64,
    },
    /// No answer: network, name resolution, certificate, CORS or content policy. Browsers do not
    /// say which.
    Failed(String),
    /// No answer in time.
    TimedOut,
}
