//! The states of the view, how long each may last, and which may follow which.

use crate::words::w;

/// Where the view is; the value of `data-state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Asks for the router's user name and password.
    Login,
    /// Asks the router what it is.
    Identifying,
    /// Shows the router and offers to look for upgrades.
    Overview,
    /// Asks the server what there is.
    Searching,
    /// Asks the server what an upgrade would change, or works it out.
    Planning,
    /// It cannot be done like this: why, and what can be changed.
    Problems,
    /// Nothing newer; a rebuild is offered.
    Current,
    /// Shows what an upgrade would change.
    Plan,
    /// Hands the request to the server.
    Requesting,
    /// Waits in the server's queue.
    Queued,
    /// The server builds.
    Building,
    /// The image comes to the browser.
    Downloading,
    /// The download is compared with its SHA-256.
    Checking,
    /// The image goes to the router.
    Uploading,
    /// The router compares what it received.
    Verifying,
    /// The router tests whether the image is for it.
    Testing,
    /// The last question before flashing.
    Confirm,
    /// The router is told to flash.
    Flashing,
    /// Waits for the router to come back.
    Rebooting,
    /// The router runs the new release.
    Done,
    /// Something went wrong; `data-cause` says what.
    Error,
}

/// The stations of an upgrade as people see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Station {
    /// What the router is and what there is for it.
    Check,
    /// What will change.
    Plan,
    /// The image is made.
    Build,
    /// The image travels.
    Transfer,
    /// The image is written.
    Flash,
}

impl Station {
    /// All, in order.
    pub const ALL: [Self; 5] = [
        Self::Check,
        Self::Plan,
        Self::Build,
        Self::Transfer,
        Self::Flash,
    ];

    /// The word below the dot.
    pub fn label(self) -> &'static str {
        match self {
            Self::Check => w!("Check"),
            Self::Plan => w!("Plan"),
            Self::Build => w!("Build"),
            Self::Transfer => w!("Transfer"),
            Self::Flash => w!("Flash"),
        }
    }
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

impl State {
    /// Every state.
    pub const ALL: [Self; 21] = [
        Self::Login,
        Self::Identifying,
        Self::Overview,
        Self::Searching,
        Self::Planning,
        Self::Problems,
        Self::Current,
        Self::Plan,
        Self::Requesting,
        Self::Queued,
        Self::Building,
        Self::Downloading,
        Self::Checking,
        Self::Uploading,
        Self::Verifying,
        Self::Testing,
        Self::Confirm,
        Self::Flashing,
        Self::Rebooting,
        Self::Done,
        Self::Error,
    ];

    /// The value of `data-state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Identifying => "identifying",
            Self::Overview => "overview",
            Self::Searching => "searching",
            Self::Planning => "planning",
            Self::Problems => "problems",
            Self::Current => "current",
            Self::Plan => "plan",
            Self::Requesting => "requesting",
            Self::Queued => "queued",
            Self::Building => "building",
            Self::Downloading => "downloading",
            Self::Checking => "checking",
            Self::Uploading => "uploading",
            Self::Verifying => "verifying",
            Self::Testing => "testing",
            Self::Confirm => "confirm",
            Self::Flashing => "flashing",
            Self::Rebooting => "rebooting",
            Self::Done => "done",
            Self::Error => "error",
        }
    }

    /// The station this state belongs to; an error belongs to the station it happened at.
    pub fn station(self) -> Station {
        match self {
            Self::Login
            | Self::Identifying
            | Self::Overview
            | Self::Searching
            | Self::Current
            | Self::Error => Station::Check,
            Self::Planning | Self::Problems | Self::Plan => Station::Plan,
            Self::Requesting | Self::Queued | Self::Building => Station::Build,
            Self::Downloading
            | Self::Checking
            | Self::Uploading
            | Self::Verifying
            | Self::Testing => Station::Transfer,
            Self::Confirm | Self::Flashing | Self::Rebooting | Self::Done => Station::Flash,
        }
    }

    /// The longest this state lasts without news, in milliseconds; `None` where a person decides.
    ///
    /// For transfers it is the time without a byte, for the queue and the build the time without
    /// a change of position or stage, otherwise the time of one answer.
    pub fn limit(self) -> Option<u64> {
        match self {
            Self::Login
            | Self::Overview
            | Self::Problems
            | Self::Current
            | Self::Plan
            | Self::Confirm
            | Self::Done
            | Self::Error => None,
            Self::Identifying => Some(15 * SECOND),
            // A server may have to fetch the indexes of two releases first.
            Self::Planning | Self::Requesting | Self::Downloading => Some(MINUTE),
            Self::Queued => Some(30 * MINUTE),
            Self::Building => Some(20 * MINUTE),
            Self::Searching | Self::Checking => Some(20 * SECOND),
            // The router hashes the image twice before it answers.
            Self::Uploading => Some(100 * SECOND),
            Self::Verifying | Self::Testing => Some(90 * SECOND),
            Self::Flashing => Some(30 * SECOND),
            Self::Rebooting => Some(5 * MINUTE),
        }
    }

    /// Whether a person may stop this state. Once the router was told to flash, nothing stops it.
    pub fn can_cancel(self) -> bool {
        self.limit().is_some() && self != Self::Flashing
    }
}

/// Which state may follow which, and why: the source of `docs/view-states.md`.
///
/// Not listed, because they hold nearly everywhere: every waiting state may end in `error`, and
/// every state but `flashing` and `rebooting` may end in `login` by logging out.
pub const TRANSITIONS: &[(State, &str, State)] = &[
    (State::Login, "logged in", State::Identifying),
    (State::Login, "a restart was under way", State::Rebooting),
    (State::Identifying, "answered", State::Overview),
    (State::Identifying, "search on opening", State::Searching),
    (State::Identifying, "a build was under way", State::Queued),
    (
        State::Identifying,
        "a request was under way",
        State::Requesting,
    ),
    (
        State::Identifying,
        "an image was on the router",
        State::Verifying,
    ),
    (State::Identifying, "it was flashing", State::Rebooting),
    (State::Identifying, "cancel", State::Login),
    (State::Overview, "search", State::Searching),
    (State::Searching, "releases known", State::Planning),
    (State::Searching, "cancel", State::Overview),
    (State::Planning, "it works", State::Plan),
    (State::Planning, "nothing newer", State::Current),
    (State::Planning, "it does not work", State::Problems),
    (State::Planning, "cancel", State::Overview),
    (State::Problems, "another choice", State::Planning),
    (State::Problems, "worked out here", State::Plan),
    (State::Problems, "worked out here", State::Current),
    (State::Problems, "back", State::Overview),
    (State::Plan, "another choice", State::Planning),
    (State::Plan, "worked out here", State::Problems),
    (State::Plan, "back", State::Overview),
    (State::Plan, "request", State::Requesting),
    (State::Current, "another choice", State::Planning),
    (State::Current, "worked out here", State::Problems),
    (State::Current, "back", State::Overview),
    (State::Current, "rebuild", State::Requesting),
    (State::Requesting, "accepted", State::Queued),
    (State::Requesting, "already building", State::Building),
    (State::Requesting, "already built", State::Downloading),
    (State::Requesting, "cancel", State::Plan),
    (State::Requesting, "cancel", State::Current),
    (State::Requesting, "cancel after a reload", State::Overview),
    (State::Queued, "its turn", State::Building),
    (State::Queued, "built", State::Downloading),
    (State::Queued, "cancel", State::Plan),
    (State::Queued, "cancel", State::Current),
    (State::Queued, "cancel after a reload", State::Overview),
    (State::Building, "queued again", State::Queued),
    (State::Building, "built", State::Downloading),
    (State::Building, "cancel", State::Plan),
    (State::Building, "cancel", State::Current),
    (State::Building, "cancel after a reload", State::Overview),
    (State::Downloading, "complete", State::Checking),
    (State::Downloading, "cancel", State::Plan),
    (State::Downloading, "cancel", State::Current),
    (State::Downloading, "cancel after a reload", State::Overview),
    (State::Checking, "SHA-256 is right", State::Uploading),
    (State::Checking, "cancel", State::Plan),
    (State::Checking, "cancel", State::Current),
    (State::Checking, "cancel after a reload", State::Overview),
    (State::Uploading, "received", State::Verifying),
    (State::Uploading, "cancel", State::Plan),
    (State::Uploading, "cancel", State::Current),
    (State::Uploading, "cancel after a reload", State::Overview),
    (State::Verifying, "SHA-256 is right", State::Testing),
    (State::Verifying, "cancel", State::Plan),
    (State::Verifying, "cancel", State::Current),
    (State::Verifying, "cancel after a reload", State::Overview),
    (State::Testing, "image fits", State::Confirm),
    (State::Testing, "cancel", State::Plan),
    (State::Testing, "cancel", State::Current),
    (State::Testing, "cancel after a reload", State::Overview),
    (State::Confirm, "flash", State::Flashing),
    (State::Confirm, "cancel", State::Plan),
    (State::Confirm, "cancel", State::Current),
    (State::Confirm, "cancel after a reload", State::Overview),
    (State::Flashing, "started", State::Rebooting),
    (State::Flashing, "session ended", State::Login),
    (State::Rebooting, "new release answers", State::Done),
    (
        State::Rebooting,
        "stop waiting, or log in again",
        State::Login,
    ),
    (State::Done, "restart", State::Identifying),
    (State::Error, "retry", State::Identifying),
    (State::Error, "retry", State::Searching),
    (State::Error, "retry", State::Planning),
    (State::Error, "retry", State::Requesting),
    (State::Error, "retry", State::Queued),
    (State::Error, "retry", State::Downloading),
    (State::Error, "retry", State::Uploading),
    (State::Error, "retry", State::Verifying),
    (State::Error, "retry", State::Testing),
    (State::Error, "retry", State::Flashing),
    (State::Error, "retry", State::Rebooting),
    (State::Error, "back", State::Plan),
    (State::Error, "back", State::Current),
    (State::Error, "back", State::Problems),
    (State::Error, "back", State::Overview),
    (State::Error, "back", State::Login),
    (State::Login, "logged in again", State::Uploading),
    (State::Login, "logged in again", State::Verifying),
    (State::Login, "logged in again", State::Testing),
    (State::Login, "logged in again", State::Flashing),
];
