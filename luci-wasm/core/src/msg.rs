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
    /// Try the failed step again.
    Retry,
    /// Go back to the last screen on which something can be decided.
    Back,
    /// Begin anew.
    Restart,
    /// End the session.
    Logout,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 9] = [
        Self::Login,
        Self::Search,
        Self::Request,
        Self::Cancel,
        Self::Flash,
        Self::Retry,
        Self::Back,
        Self::Restart,
        Self::Logout,
    ];

    /// The value of `data-action`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Search => "search",
            Self::Request => "request",
            Self::Cancel => "cancel",
            Self::Flash => "flash",
            Self::Retry => "retry",
            Self::Back => "back",
            Self::Restart => "restart",
            Self::Logout => "logout",
        }
    }

    /// The action of a `data-action`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
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
    /// `#asu-leave-NAME`: do without this package.
    Leave(String, bool),
    /// `#asu-leave-all`: do without every package that cannot be had.
    LeaveAll(bool),
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
            "leave-all" => Self::LeaveAll(checked),
            other => Self::Leave(other.strip_prefix("leave-")?.to_owned(), checked),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_named_all_is_not_the_switch_for_all() {
        assert_eq!(
            Edit::from_input("asu-leave-all", "", true),
            Some(Edit::LeaveAll(true))
        );
        assert_eq!(
            Edit::from_input("asu-leave-vim", "", true),
            Some(Edit::Leave("vim".into(), true))
        );
        assert_eq!(Edit::from_input("unrelated", "x", false), None);
    }
}
