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
