//! What can happen to the view.

use crate::effect::Reply;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The view was put on a page.
    Open,
    /// A button was pressed.
    Press(Action),
    /// An input was changed.
    Edit(Edit),
    /// Time passed. The host sends this twice a second while [`crate::Model::is_waiting`].
    Tick,
    /// A transfer moved on.
    Progress {
        /// Of which effect.
        id: u32,
        /// Bytes so far.
        done: u64,
        /// Bytes altogether, if known.
        total: Option<u64>,
    },
    /// A piece of a stream came.
    Said {
        /// Of which effect.
        id: u32,
        /// The piece; it may begin and end anywhere.
        text: String,
    },
    /// An effect ended.
    Replied {
        /// Which.
        id: u32,
        /// How.
        reply: Reply,
    },
}

/// A button, by its `data-action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Log in with what the form says.
    Login,
    /// Look for upgrades.
    Search,
    /// Have the image built.
    Request,
    /// Stop what is under way.
    Cancel,
    /// Write the image to flash.
    Flash,
    /// Save a backup of the router's settings.
    Backup,
    /// Try the failed step again.
    Retry,
    /// Go back to the last screen on which something can be decided.
    Back,
    /// Begin anew.
    Restart,
    /// End the session.
    Logout,
    /// Add the packages that were typed.
    Add,
    /// From now on, look for news after each login.
    Tell,
    /// Do not look for news any more.
    Hush,
    /// Close the news.
    Dismiss,
    /// Change what is asked for, and plan again.
    Pick(Pick, u16, u16),
}

/// A change of the question that the page offers; the numbers of its [`Action::Pick`] say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// A problem's remedy: the problem, the remedy.
    Remedy,
    /// The first remedy of every problem.
    Everything,
    /// Something else in the place of a package: the change, the alternative.
    Instead,
    /// Another provider: the choice, the other.
    Provider,
    /// Do without a package: the change.
    Without,
    /// Do without a package that the server could not install: which.
    Rejected,
    /// Take one change of the question back: which.
    Undo,
    /// Another channel: which.
    Channel,
    /// Add a package whose name is like the one that was typed: which.
    Near,
}

impl Pick {
    /// Every kind, with the first part of its `data-action`.
    const ALL: [(Self, &str); 9] = [
        (Self::Remedy, "remedy"),
        (Self::Everything, "remedies"),
        (Self::Instead, "instead"),
        (Self::Provider, "provider"),
        (Self::Without, "without"),
        (Self::Rejected, "rejected"),
        (Self::Undo, "undo"),
        (Self::Near, "near"),
        (Self::Channel, "channel"),
    ];

    fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(kind, _)| *kind == self);
        known.map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        let known = Self::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(kind, _)| *kind)
    }
}

impl Action {
    /// Every action without numbers.
    pub const ALL: [Self; 14] = [
        Self::Login,
        Self::Search,
        Self::Request,
        Self::Cancel,
        Self::Flash,
        Self::Backup,
        Self::Retry,
        Self::Back,
        Self::Restart,
        Self::Logout,
        Self::Add,
        Self::Tell,
        Self::Hush,
        Self::Dismiss,
    ];

    /// The value of `data-action`.
    pub fn name(self) -> String {
        match self {
            Self::Pick(kind, first, second) => format!("{}-{first}-{second}", kind.name()),
            plain => plain.word().to_owned(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Search => "search",
            Self::Request => "request",
            Self::Cancel => "cancel",
            Self::Flash => "flash",
            Self::Backup => "backup",
            Self::Retry => "retry",
            Self::Back => "back",
            Self::Restart => "restart",
            Self::Logout => "logout",
            Self::Add => "add",
            Self::Tell => "tell",
            Self::Hush => "hush",
            Self::Dismiss => "dismiss",
            Self::Pick(..) => "",
        }
    }

    /// Whether it neither changes the router, nor puts together or asks for an image. What would
    /// solve a problem is looked at, too: it shows the plan behind it.
    pub fn only_looks(self) -> bool {
        match self {
            Self::Request | Self::Flash | Self::Backup | Self::Add | Self::Tell | Self::Hush => {
                false
            }
            Self::Pick(kind, ..) => matches!(
                kind,
                Pick::Remedy | Pick::Everything | Pick::Undo | Pick::Channel
            ),
            Self::Login
            | Self::Search
            | Self::Cancel
            | Self::Retry
            | Self::Back
            | Self::Restart
            | Self::Logout
            | Self::Dismiss => true,
        }
    }

    /// The action of a `data-action`.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let word = parts.next()?;
        let plain = Self::ALL.into_iter().find(|action| action.word() == word);
        plain.or_else(|| {
            let mut number = || parts.next()?.parse().ok();
            Some(Self::Pick(Pick::from_name(word)?, number()?, number()?))
        })
    }

    /// A change of the question; `None` for places no page has.
    pub(crate) fn pick(kind: Pick, first: usize, second: usize) -> Option<Self> {
        Some(Self::Pick(
            kind,
            first.try_into().ok()?,
            second.try_into().ok()?,
        ))
    }
}

/// A changed input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `#asu-username`
    Username(String),
    /// `#asu-password`
    Password(String),
    /// `#asu-server`
    Server(String),
    /// `#asu-version`
    Version(String),
    /// `#asu-keep`
    Keep(bool),
    /// `#asu-advanced`
    Advanced(bool),
    /// `#asu-consent`: an older release or older packages are fine.
    Consent(bool),
    /// `#asu-filter`: show only packages whose names have this in them.
    Filter(String),
    /// `#asu-add`: names of packages to add.
    Add(String),
    /// `#asu-script`: runs when the new system starts for the first time.
    Script(String),
    /// `#asu-filesystem`
    Filesystem(String),
    /// `#asu-partition`: the size of the system partition, MiB; 0 leaves it to the server.
    Partition(String),
}

impl Edit {
    /// What a change of the input with this id means.
    pub fn from_input(id: &str, value: &str, checked: bool) -> Option<Self> {
        let text = || value.to_owned();
        Some(match id.strip_prefix("asu-")? {
            "username" => Self::Username(text()),
            "password" => Self::Password(text()),
            "server" => Self::Server(text()),
            "version" => Self::Version(text()),
            "keep" => Self::Keep(checked),
            "advanced" => Self::Advanced(checked),
            "consent" => Self::Consent(checked),
            "filter" => Self::Filter(text()),
            "add" => Self::Add(text()),
            "script" => Self::Script(text()),
            "filesystem" => Self::Filesystem(text()),
            "partition" => Self::Partition(text()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_and_buttons_are_told_apart() {
        assert_eq!(
            Edit::from_input("asu-consent", "", true),
            Some(Edit::Consent(true))
        );
        assert_eq!(Edit::from_input("unrelated", "x", false), None);
        let remedy = Action::Pick(Pick::Remedy, 2, 11);
        for action in Action::ALL.into_iter().chain([remedy]) {
            assert_eq!(Action::from_name(&action.name()), Some(action));
        }
        for forged in [
            "remedy",
            "remedy-1",
            "remedy-1-99999999",
            "-1-1",
            "remedy-a-b",
        ] {
            assert_eq!(Action::from_name(forged), None);
        }
    }
}
